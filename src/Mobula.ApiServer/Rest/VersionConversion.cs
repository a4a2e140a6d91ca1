using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>The built-in kinds that are served in two shapes.</summary>
/// <param name="ToServed">From the stored version; may change and return its argument.</param>
/// <param name="ToStored">To the stored version; may change and return its argument.</param>
internal sealed record VersionConversion(Func<JsonObject, JsonObject> ToServed, Func<JsonObject, JsonObject> ToStored)
{
    private static readonly (string Stored, string Served)[] EventFields =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
    ];

    private static readonly VersionConversion Events = new(
        o => WithoutEmpty(Rename(o, "events.k8s.io/v1", EventFields)),
        o => Rename(o, "v1", [.. EventFields.Select(f => (f.Served, f.Stored))]));

    /// <summary>The conversion of a resource whose version has another shape than the stored one; null when only the version's name differs.</summary>
    public static VersionConversion? Find(ResourceDefinition definition) =>
        definition.Resource is { Group: "events.k8s.io", Resource: "events" } ? Events
        : definition.Resource is { Group: "autoscaling", Version: "v1", Resource: "horizontalpodautoscalers" } ? AutoscalerConversion.Conversion
        : null;

    /// <summary>The newer version leaves out what the older one prints empty.</summary>
    private static JsonObject WithoutEmpty(JsonObject o)
    {
        foreach (var field in new[] { "reportingController", "reportingInstance" }) if (o.Text(field) is "") o.Remove(field);
        return o;
    }

    private static JsonObject Rename(JsonObject o, string apiVersion, (string From, string To)[] fields)
    {
        o["apiVersion"] = apiVersion;
        foreach (var (from, to) in fields)
        {
            if (!o.Remove(from, out var value)) continue;
            o[to] = value;
        }
        return o;
    }
}
