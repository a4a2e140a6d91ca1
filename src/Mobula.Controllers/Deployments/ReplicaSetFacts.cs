using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Deployments;

/// <summary>What a Deployment reads from and writes to its ReplicaSets.</summary>
internal static class ReplicaSetFacts
{
    public const string Revision = "deployment.kubernetes.io/revision";
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";
    public const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";
    public const string MaxReplicas = "deployment.kubernetes.io/max-replicas";
    public const string TemplateHash = "pod-template-hash";
    private const int LongestHistory = 2000;

    private static readonly string[] NotCopied =
    [
        "kubectl.kubernetes.io/last-applied-configuration", Revision, RevisionHistory, DesiredReplicas, MaxReplicas, "deprecated.deployment.rollback.to",
    ];

    public static int Wanted(JsonObject replicaSet) => (int)(replicaSet.Integer("spec", "replicas") ?? 1);

    public static int Count(JsonObject replicaSet, string field) => (int)(replicaSet.Integer("status", field) ?? 0);

    public static long RevisionOf(JsonObject replicaSet) =>
        long.TryParse(replicaSet.Annotation(Revision), CultureInfo.InvariantCulture, out var revision) ? revision : 0;

    public static IOrderedEnumerable<JsonObject> ByCreation(IEnumerable<JsonObject> replicaSets) => replicaSets
        .OrderBy(r => r.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).ThenBy(r => r.Name, StringComparer.Ordinal);

    /// <summary>The oldest ReplicaSet with the Deployment's template.</summary>
    public static JsonObject? FindNew(JsonObject deployment, IEnumerable<JsonObject> replicaSets)
    {
        var wanted = deployment.Object("spec", "template");
        return ByCreation(replicaSets).FirstOrDefault(r => SameTemplate(r.Object("spec", "template"), wanted));
    }

    public static bool SameTemplate(JsonObject? a, JsonObject? b) => JsonNode.DeepEquals(WithoutHash(a), WithoutHash(b));

    /// <summary>Writes the annotations of the newest ReplicaSet.</summary>
    /// <returns>Whether any changed.</returns>
    public static bool Annotate(JsonObject deployment, JsonObject replicaSet, long newRevision, bool exists, DeploymentSpec spec)
    {
        var annotations = replicaSet.Ensure("metadata", "annotations");
        var changed = false;
        foreach (var (key, value) in deployment.TextMap("metadata", "annotations"))
        {
            if (NotCopied.Contains(key) || annotations.Text(key) == value) continue;
            annotations[key] = value;
            changed = true;
        }
        var before = annotations.Text(Revision);
        if (RevisionOf(replicaSet) < newRevision)
        {
            annotations[Revision] = newRevision.ToString(CultureInfo.InvariantCulture);
            changed = true;
            // One that had a revision was rolled back to: its earlier revisions are still asked for.
            if (before is not null) annotations[RevisionHistory] = Extend(annotations.Text(RevisionHistory), before);
        }
        if (!exists) changed |= AnnotateReplicas(replicaSet, spec);
        return changed;
    }

    /// <summary>Whether the annotations about sizes are not those of the spec.</summary>
    public static bool ReplicasDiffer(JsonObject replicaSet, DeploymentSpec spec) =>
        replicaSet.Annotation(DesiredReplicas) != spec.Replicas.ToString(CultureInfo.InvariantCulture)
        || replicaSet.Annotation(MaxReplicas) != spec.MostReplicas.ToString(CultureInfo.InvariantCulture);

    public static bool AnnotateReplicas(JsonObject replicaSet, DeploymentSpec spec)
    {
        if (!ReplicasDiffer(replicaSet, spec)) return false;
        var annotations = replicaSet.Ensure("metadata", "annotations");
        annotations[DesiredReplicas] = spec.Replicas.ToString(CultureInfo.InvariantCulture);
        annotations[MaxReplicas] = spec.MostReplicas.ToString(CultureInfo.InvariantCulture);
        return true;
    }

    private static string Extend(string? history, string revision)
    {
        if (string.IsNullOrEmpty(history)) return revision;
        var revisions = history.Split(',').ToList();
        while (revisions.Count > 0 && revisions.Sum(r => r.Length + 1) + revision.Length > LongestHistory) revisions.RemoveAt(0);
        return string.Join(',', [.. revisions, revision]);
    }

    private static JsonObject? WithoutHash(JsonObject? template)
    {
        if (template?.Object("metadata", "labels")?.ContainsKey(TemplateHash) != true) return template;
        var copy = template.Clone();
        copy.Object("metadata", "labels")!.Remove(TemplateHash);
        return copy;
    }
}
