using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Clusters;

/// <summary>Decides about groups whose replicas are several pods that live and die together. Pure.</summary>
internal static class MultiHostPlanner
{
    public static IEnumerable<ClusterAction> Plan(RayClusterView cluster, JsonObject group, JsonObject[] pods)
    {
        var name = group.Text("groupName") ?? "";
        var hosts = (int)RayClusterView.Hosts(group);
        var replicas = pods.Where(p => p.Label(RayLabels.ReplicaName) is not null)
            .GroupBy(p => p.Label(RayLabels.ReplicaName)!)
            .ToDictionary(g => g.Key, g => g.ToArray());
        var incomplete = replicas.Values.Where(r => r.Length < hosts).SelectMany(r => r).ToArray();
        if (incomplete.Length > 0)
        {
            foreach (var action in Delete(cluster, name, incomplete, "cleanup of incomplete multi-host group")) yield return action;
            yield return new Fail($"cleaned up incomplete multi-host replicas of worker group {name}, requeueing");
            yield break;
        }
        var broken = replicas.Where(r => r.Value.Any(p => PodState.ReasonToReplace(p, RayLabels.Worker) is not null)).Select(r => r.Key).ToArray();
        foreach (var replica in broken)
        {
            foreach (var action in Delete(cluster, name, replicas[replica], "unhealthy multi-host replica")) yield return action;
            replicas.Remove(replica);
        }
        var named = group.Texts("scaleStrategy", "workersToDelete").ToHashSet();
        var chosen = replicas.Values.Where(r => r.Any(p => named.Contains(p.Name))).SelectMany(r => r).ToArray();
        if (chosen.Length > 0)
        {
            foreach (var action in Delete(cluster, name, chosen, "scaleStrategy")) yield return action;
            yield return new Fail($"deleted {chosen.Length} worker Pods based on ScaleStrategy, requeueing");
            yield break;
        }
        var missing = (int)(RayClusterView.DesiredPods(group) / hosts) - replicas.Count;
        if (missing > 0)
        {
            var taken = PodPlanner.Indices(replicas.Values.Select(r => r[0]));
            for (var i = 0; i < missing; i++)
            {
                var (index, replica) = (PodPlanner.Smallest(taken), ObjectNames.WithSuffix(name));
                for (var host = 0; host < hosts; host++) yield return PodPlanner.Create(cluster, group, new WorkerPlace(index, replica, host));
            }
        }
        else if (missing < 0 && (!cluster.Autoscaling || cluster.Options.RandomPodDelete))
        {
            foreach (var action in Delete(cluster, name, replicas.Values.Take(-missing).SelectMany(r => r), "scaling down")) yield return action;
        }
    }

    private static IEnumerable<ClusterAction> Delete(RayClusterView cluster, string group, IEnumerable<JsonObject> pods, string reason) =>
        pods.Select(p => PodPlanner.Delete(p.Name, group, $"Deleted worker Pod {cluster.Namespace}/{p.Name} for group {group}: {reason}"));
}
