using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Namespaces;

/// <summary>What one pass over the contents of a namespace that is being deleted found.</summary>
internal sealed class NamespaceDeletion
{
    /// <summary>Why discovery failed, in parts.</summary>
    public List<string> DiscoveryFailures { get; } = [];

    /// <summary>Why contents could not be deleted.</summary>
    public List<string> ContentFailures { get; } = [];

    /// <summary>What is left, by resource: <c>pods.</c>, <c>deployments.apps</c>.</summary>
    public SortedDictionary<string, int> Remaining { get; } = new(StringComparer.Ordinal);

    /// <summary>Finalizers on what is left, with how many objects carry them.</summary>
    public SortedDictionary<string, int> Finalizers { get; } = new(StringComparer.Ordinal);

    /// <summary>The seconds after which to look again, from the grace periods of pods; null when nothing is left.</summary>
    public long? EstimateSeconds { get; set; }

    public bool IsEmpty => DiscoveryFailures.Count == 0 && ContentFailures.Count == 0 && Remaining.Count == 0;

    /// <summary>The conditions of a namespace as the pass leaves them.</summary>
    public JsonArray Conditions(IEnumerable<JsonObject> current, DateTimeOffset now)
    {
        var list = current.Select(c => c.Clone()).ToList();
        Set(list, DiscoveryFailures.Count > 0
            ? ("NamespaceDeletionDiscoveryFailure", "True", "DiscoveryFailed", $"Discovery failed for some groups, {DiscoveryFailures.Count} failing: {string.Join(", ", DiscoveryFailures)}")
            : ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"), now);
        Set(list, ("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"), now);
        Set(list, ContentFailures.Count > 0
            ? ("NamespaceDeletionContentFailure", "True", "ContentDeletionFailed", $"Failed to delete all resource types, {ContentFailures.Count} remaining: {string.Join(", ", ContentFailures)}")
            : ("NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"), now);
        Set(list, Remaining.Count > 0
            ? ("NamespaceContentRemaining", "True", "SomeResourcesRemain", $"Some resources are remaining: {string.Join(", ", Remaining.Select(r => $"{r.Key} has {r.Value} resource instances"))}")
            : ("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed"), now);
        Set(list, Finalizers.Count > 0
            ? ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", $"Some content in the namespace has finalizers remaining: {string.Join(", ", Finalizers.Select(f => $"{f.Key} in {f.Value} resource instances"))}")
            : ("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"), now);
        return new JsonArray([.. list]);
    }

    private static void Set(List<JsonObject> list, (string Type, string Status, string Reason, string Message) wanted, DateTimeOffset now)
    {
        var found = list.FirstOrDefault(c => c.Text("type") == wanted.Type);
        if (found is null)
        {
            list.Add(found = new() { ["type"] = wanted.Type });
        }
        if (found.Text("status") != wanted.Status) found["lastTransitionTime"] = KubernetesTime.Format(now);
        found["status"] = wanted.Status;
        found["reason"] = wanted.Reason;
        found["message"] = wanted.Message;
    }
}
