using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>
/// The object that stands in the API for a pod from a file (a static pod). Its uid is the API's; the pod's own is the hash of its
/// file. Pure.
/// </summary>
internal static class MirrorPod
{
    public const string Hash = "kubernetes.io/config.hash";
    public const string Mirror = "kubernetes.io/config.mirror";
    public const string Seen = "kubernetes.io/config.seen";
    public const string Source = "kubernetes.io/config.source";

    /// <summary>The uid of the static pod that the object stands for; null for a pod of the API's own.</summary>
    public static string? HashOf(JsonObject pod) => pod.Annotation(Mirror) is null ? null : pod.Annotation(Hash);

    /// <summary>The uid under which the node runs the pod.</summary>
    public static string LocalUid(JsonObject pod) => HashOf(pod) ?? pod.Uid;

    /// <summary>The object to make in the API.</summary>
    /// <param name="manifest">The pod as the file has it.</param>
    /// <param name="hash">Of the file.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="nodeUid">The uid of the Node object, which owns the mirror; null while it is unknown.</param>
    /// <param name="seen">When the file was first seen.</param>
    public static JsonObject Of(JsonObject manifest, string hash, string nodeName, string? nodeUid, DateTimeOffset seen)
    {
        var mirror = manifest.Clone();
        var metadata = mirror.Metadata;
        metadata["name"] = $"{manifest.Name}-{nodeName}".ToLowerInvariant();
        if (string.IsNullOrEmpty(mirror.Namespace)) metadata["namespace"] = "default";
        foreach (var field in (string[])["uid", "resourceVersion", "creationTimestamp", "generateName"]) metadata.Remove(field);
        var annotations = mirror.Ensure("metadata", "annotations");
        annotations[Hash] = hash;
        annotations[Mirror] = hash;
        annotations[Seen] = seen.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", System.Globalization.CultureInfo.InvariantCulture);
        annotations[Source] = "file";
        if (nodeUid is not null)
            metadata["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = nodeName, ["uid"] = nodeUid, ["controller"] = true });
        var spec = mirror.Ensure("spec");
        spec["nodeName"] = nodeName;
        if (spec["tolerations"] is not JsonArray tolerations) spec["tolerations"] = tolerations = [];
        if (!tolerations.OfType<JsonObject>().Any(t => t.Text("operator") == "Exists" && t.Text("key") is null && t.Text("effect") is null or "NoExecute"))
            tolerations.Add((JsonNode)new JsonObject { ["operator"] = "Exists", ["effect"] = "NoExecute" });
        mirror.Remove("status");
        return mirror;
    }

    /// <summary>The pod as the node runs it; a pod of the API's own is left as it is.</summary>
    /// <param name="pod">The object of the API.</param>
    /// <param name="removedAt">When the pod's file went away; null while it is there. The deletion of a mirror is none of the pod.</param>
    public static JsonObject Local(JsonObject pod, DateTimeOffset? removedAt)
    {
        if (HashOf(pod) is not { } hash) return pod;
        var local = pod.Clone();
        var metadata = local.Metadata;
        metadata["uid"] = hash;
        // Generations count changes of an object of the API; a file has none.
        foreach (var field in (string[])["generation", "deletionTimestamp", "deletionGracePeriodSeconds"]) metadata.Remove(field);
        if (removedAt is { } time) metadata["deletionTimestamp"] = KubernetesTime.Format(time);
        return local;
    }
}
