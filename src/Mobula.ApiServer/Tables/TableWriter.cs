using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>Makes Tables (<c>meta.k8s.io</c>) of objects.</summary>
internal static class TableWriter
{
    /// <param name="definition">The resource.</param>
    /// <param name="objects">The objects, in the stored version.</param>
    /// <param name="metadata">The list's metadata.</param>
    /// <param name="include">The parameter <c>includeObject</c>: <c>None</c>, <c>Metadata</c> (default) or <c>Object</c>.</param>
    /// <param name="version">The version of <c>meta.k8s.io</c>.</param>
    /// <param name="now">For ages.</param>
    /// <param name="columns">Whether the columns are told.</param>
    public static JsonObject Make(
        ResourceDefinition definition, IEnumerable<JsonObject> objects, JsonObject metadata, string include, string version, DateTimeOffset now, bool columns = true) => new()
        {
            ["kind"] = "Table",
            ["apiVersion"] = $"meta.k8s.io/{version}",
            ["metadata"] = metadata,
            ["columnDefinitions"] = columns ? new JsonArray([.. definition.Table.Columns.Select(c => c.ToJson())]) : null,
            ["rows"] = new JsonArray([.. objects.Select(o => Row(definition, o, include, version, now))]),
        };

    /// <exception cref="StatusException">400: the value is none of the three.</exception>
    public static string ReadInclude(string value) => value switch
    {
        "" => "Metadata",
        "None" or "Metadata" or "Object" => value,
        _ => throw new StatusException(400, "BadRequest", $"unrecognized includeObject value: {Kubernetes.Errors.GoText.Quote(value)}"),
    };

    private static JsonObject Row(ResourceDefinition definition, JsonObject o, string include, string version, DateTimeOffset now)
    {
        var row = new JsonObject { ["cells"] = definition.Table.Cells(o, now) };
        if (RowConditions(o) is { } conditions) row["conditions"] = conditions;
        row["object"] = include switch
        {
            "None" => null,
            "Object" => o,
            _ => PartialMetadata.Make(o, version),
        };
        return row;
    }

    /// <summary>A pod that ended is marked, so that clients can hide it.</summary>
    private static JsonArray? RowConditions(JsonObject o) => o.Kind == "Pod" && o.Text("status", "phase") is "Succeeded" or "Failed" && o.Kind == "Pod"
        ? new JsonArray(new JsonObject
        {
            ["type"] = "Completed",
            ["status"] = "True",
            ["reason"] = o.Text("status", "phase"),
            ["message"] = o.Text("status", "phase") == "Succeeded" ? "The pod has completed successfully." : "The pod failed.",
        })
        : null;
}

/// <summary>Objects reduced to their metadata.</summary>
internal static class PartialMetadata
{
    public static JsonObject Make(JsonObject o, string version) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = $"meta.k8s.io/{version}",
        ["metadata"] = o["metadata"]?.DeepClone() ?? new JsonObject(),
    };
}
