using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Pipeline;

/// <summary>The form in which an answer is wanted.</summary>
/// <param name="MediaType">JSON, YAML or protobuf.</param>
/// <param name="As">The kind that objects are turned into: <c>Table</c>, <c>PartialObjectMetadata</c> …; null for the objects themselves.</param>
/// <param name="AsVersion">The version of that kind.</param>
internal readonly record struct Representation(string MediaType, string? As = null, string? AsVersion = null)
{
    public bool IsTable => As == "Table";

    public bool IsPartial => As is "PartialObjectMetadata" or "PartialObjectMetadataList";
}

/// <summary>Chooses the form of an answer by the Accept header, with the two refusals of the real server.</summary>
internal static class Negotiation
{
    public const string ObjectTypes = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    public const string StreamTypes = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

    private static readonly string[] Encodings = [MediaType.Json, MediaType.Yaml, MediaType.Protobuf];
    private static readonly string[] StreamEncodings = [MediaType.Json, MediaType.Protobuf];

    /// <summary>What the router refuses before the resource is looked at: no clause that names an encoding exactly, or everything.</summary>
    public static void Route(string accept, string available = ObjectTypes)
    {
        if (accept.Length == 0) return;
        foreach (var clause in accept.Split(','))
        {
            var name = clause.Split(';')[0].Trim();
            if (name == "*/*" || available.Split(", ").Contains(name)) return;
        }
        throw ApiErrors.RouterNotAcceptable(available);
    }

    /// <param name="accept">The Accept header.</param>
    /// <param name="canTransform">Whether tables and metadata alone can be had.</param>
    /// <param name="protobuf">Whether the objects have a protobuf form.</param>
    /// <param name="discovery">Whether aggregated discovery can be had.</param>
    public static Representation Choose(string accept, bool canTransform, bool protobuf, bool discovery = false) =>
        TryChoose(accept, Encodings, canTransform, protobuf, discovery) ?? throw StatusException.NotAcceptable([ObjectTypes]);

    /// <summary>The form of a watch's events.</summary>
    public static Representation ChooseStream(string accept, bool canTransform, bool protobuf) =>
        TryChoose(accept, StreamEncodings, canTransform, protobuf, false) ?? throw StatusException.NotAcceptable([StreamTypes]);

    /// <summary>The encoding of an error: it never fails.</summary>
    public static string ForError(string accept)
    {
        foreach (var clause in MediaType.ParseAccept(accept))
        {
            foreach (var encoding in Encodings)
            {
                if (clause.Matches(encoding)) return encoding;
            }
        }
        return MediaType.Json;
    }

    private static Representation? TryChoose(string accept, string[] encodings, bool canTransform, bool protobuf, bool discovery)
    {
        if (accept.Length == 0) return new(MediaType.Json);
        foreach (var clause in MediaType.ParseAccept(accept))
        {
            foreach (var encoding in encodings)
            {
                if (!clause.Matches(encoding)) continue;
                if (clause.Parameters.GetValueOrDefault("as") is { Length: > 0 } kind)
                {
                    var version = clause.Parameters.GetValueOrDefault("v") ?? "";
                    var group = clause.Parameters.GetValueOrDefault("g") ?? "";
                    var known = group == "meta.k8s.io"
                        ? canTransform && version is "v1" or "v1beta1" && kind is "Table" or "PartialObjectMetadata" or "PartialObjectMetadataList"
                        : discovery && group == "apidiscovery.k8s.io" && version == "v2" && kind == "APIGroupDiscoveryList";
                    if (known && canTransform == (group == "meta.k8s.io")) return new(encoding, kind, version);
                    continue;
                }
                if (encoding == MediaType.Protobuf && !protobuf) continue;
                return new(encoding);
            }
        }
        return null;
    }
}
