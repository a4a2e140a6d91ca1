using Mobula.Client;

namespace Mobula.RayOperator.Clusters;

/// <summary>
/// What was done to pods but is not seen in the cache yet. Until it is, nothing more is done to the same group, so that no
/// pod is made twice.
/// </summary>
internal sealed class ScaleExpectations(TimeProvider time)
{
    private static readonly TimeSpan CreationTimeout = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, List<Expected>> _clusters = [];

    private sealed record Expected(string Group, string Pod, bool Created, long At);

    public void ExpectCreated(ObjectKey cluster, string group, string pod) => Add(cluster, new(group, pod, true, time.GetTimestamp()));

    public void ExpectDeleted(ObjectKey cluster, string group, string pod) => Add(cluster, new(group, pod, false, time.GetTimestamp()));

    /// <summary>Forgets what was expected of a cluster.</summary>
    public void Clear(ObjectKey cluster)
    {
        lock (_gate) _clusters.Remove(cluster);
    }

    /// <summary>The groups of a cluster that are not yet as they were made; empty text is the head.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="isCached">Whether the cache holds a pod of that name.</param>
    public HashSet<string> Pending(ObjectKey cluster, Func<string, bool> isCached)
    {
        lock (_gate)
        {
            if (!_clusters.TryGetValue(cluster, out var expected)) return [];
            expected.RemoveAll(e => e.Created ? isCached(e.Pod) || time.GetElapsedTime(e.At) > CreationTimeout : !isCached(e.Pod));
            if (expected.Count == 0) _clusters.Remove(cluster);
            return [.. expected.Select(e => e.Group)];
        }
    }

    private void Add(ObjectKey cluster, Expected expected)
    {
        lock (_gate)
        {
            if (!_clusters.TryGetValue(cluster, out var list)) _clusters.Add(cluster, list = []);
            list.Add(expected);
        }
    }
}
