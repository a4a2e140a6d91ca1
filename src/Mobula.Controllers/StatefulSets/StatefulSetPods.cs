using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Controllers.Revisions;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.StatefulSets;

/// <summary>The pods of StatefulSets and their claims: who is who, and how they are made.</summary>
internal static class StatefulSetPods
{
    public const string PodNameLabel = "statefulset.kubernetes.io/pod-name";
    public const string PodIndexLabel = "apps.kubernetes.io/pod-index";

    /// <summary>The ordinal of a pod of the set; null when its name is not one of the set's.</summary>
    public static int? Ordinal(JsonObject set, JsonObject pod)
    {
        var prefix = $"{set.Name}-";
        return pod.Name.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(pod.Name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) ? ordinal : null;
    }

    /// <summary>The name of the revision that a pod was made from.</summary>
    public static string? RevisionOf(JsonObject pod) => pod.Label(Revision.PodHashLabel);

    /// <summary>The pod of an ordinal, from a revision.</summary>
    public static JsonObject Build(JsonObject set, int ordinal, JsonObject revision)
    {
        var source = set.Clone();
        source["spec"]!["template"] = Revision.Template(revision);
        var pod = PodTemplate.Instantiate(source);
        var name = Name(set, ordinal);
        pod.Metadata["name"] = name;
        var labels = pod.Ensure("metadata", "labels");
        labels[PodNameLabel] = name;
        labels[PodIndexLabel] = ordinal.ToString(CultureInfo.InvariantCulture);
        labels[Revision.PodHashLabel] = revision.Name;
        var spec = pod.Ensure("spec");
        spec["hostname"] = name;
        if (set.Text("spec", "serviceName") is { Length: > 0 } service) spec["subdomain"] = service;
        AddVolumes(set, ordinal, spec);
        return pod;
    }

    /// <summary>The claims of a pod.</summary>
    public static IEnumerable<JsonObject> ClaimsOf(JsonObject set, int ordinal)
    {
        foreach (var template in set.Objects("spec", "volumeClaimTemplates"))
        {
            var metadata = new JsonObject { ["name"] = ClaimName(set, template, ordinal), ["namespace"] = set.Namespace };
            var labels = template.Object("metadata", "labels")?.Clone() ?? [];
            foreach (var (key, value) in set.TextMap("spec", "selector", "matchLabels")) labels[key] = value;
            if (labels.Count > 0) metadata["labels"] = labels;
            if (template.Object("metadata", "annotations") is { } annotations) metadata["annotations"] = annotations.Clone();
            // A set that takes its claims with it owns them, without being their controller.
            if (set.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete") metadata["ownerReferences"] = new JsonArray(Owner(set));
            yield return new()
            {
                ["apiVersion"] = "v1",
                ["kind"] = "PersistentVolumeClaim",
                ["metadata"] = metadata,
                ["spec"] = template.Object("spec")?.Clone(),
            };
        }
    }

    /// <summary>The reference by which a set, or a pod that scaling takes away, owns a claim.</summary>
    public static JsonObject Owner(JsonObject o) => new()
    {
        ["apiVersion"] = o.ApiVersion,
        ["kind"] = o.Kind,
        ["name"] = o.Name,
        ["uid"] = o.Uid,
    };

    private static void AddVolumes(JsonObject set, int ordinal, JsonObject spec)
    {
        var templates = set.Objects("spec", "volumeClaimTemplates").ToDictionary(t => t.Name, t => ClaimName(set, t, ordinal));
        if (templates.Count == 0) return;
        var volumes = new JsonArray([.. templates.Select(t => new JsonObject
        {
            ["name"] = t.Key,
            ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = t.Value },
        })]);
        foreach (var volume in spec.Objects("volumes").Where(v => !templates.ContainsKey(v.Text("name") ?? ""))) volumes.Add((JsonNode)volume.Clone());
        spec["volumes"] = volumes;
    }

    private static string Name(JsonObject set, int ordinal) => string.Create(CultureInfo.InvariantCulture, $"{set.Name}-{ordinal}");

    private static string ClaimName(JsonObject set, JsonObject template, int ordinal) => $"{template.Name}-{Name(set, ordinal)}";
}
