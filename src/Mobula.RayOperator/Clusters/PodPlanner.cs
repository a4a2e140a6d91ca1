using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Hashing;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Clusters;

/// <summary>Decides which pods of a RayCluster to make and which to delete. Pure.</summary>
internal static class PodPlanner
{
    public static IEnumerable<ClusterAction> Plan(RayClusterObservation observed)
    {
        var cluster = observed.Cluster;
        if (Suspend(observed) is { } suspended) return suspended;
        var hash = SpecHash.Compute(cluster.Object.Object("spec") ?? []);
        if (Recreate(observed, hash) is { } recreated) return recreated;
        return Head(observed, hash).Concat(cluster.WorkerGroups.SelectMany(group => Workers(observed, group))).UntilFailure();
    }

    /// <summary>Cuts the plan behind the first step that ends the pass.</summary>
    private static List<ClusterAction> UntilFailure(this IEnumerable<ClusterAction> actions)
    {
        var plan = new List<ClusterAction>();
        foreach (var action in actions)
        {
            if (action is Done) break;
            plan.Add(action);
            if (action is Fail) break;
        }
        return plan;
    }

    private sealed record Done : ClusterAction;

    private static List<ClusterAction>? Suspend(RayClusterObservation observed)
    {
        var cluster = observed.Cluster;
        var conditions = cluster.Gate(FeatureGates.RayClusterStatusConditions);
        if (conditions ? cluster.Condition(ClusterConditions.Suspending) == "True" : cluster.Suspends)
        {
            return DeleteAll(observed, "suspension");
        }
        return conditions && (cluster.Condition(ClusterConditions.Suspended) == "True" || cluster.Suspends) ? [] : null;
    }

    private static List<ClusterAction> DeleteAll(RayClusterObservation observed, string why)
    {
        var cluster = observed.Cluster;
        if (observed.Pods.All(p => p.IsTerminating))
        {
            return [new Tell("Normal", "DeletedPod", "Delete", $"Deleted Pods for RayCluster {cluster.Namespace}/{cluster.Name} due to {why}")];
        }
        return
        [
            new DeletePods(
                $"{RayLabels.Cluster}={cluster.Name}",
                new("Normal", "DeletedPod", "Delete", $"Deleted Pods for RayCluster {cluster.Namespace}/{cluster.Name} due to {why}"),
                "FailedToDeletePodCollection", "FailedDeleteAllPods") { ClearsExpectations = true },
        ];
    }

    private static List<ClusterAction>? Recreate(RayClusterObservation observed, string hash)
    {
        if (observed.Cluster.Object.Text("spec", "upgradeStrategy", "type") != "Recreate") return null;
        if (observed.HeadPods.FirstOrDefault() is not { } head) return null;
        if (head.Annotation(RayAnnotations.OperatorVersion) is { Length: > 0 } version && version != RayOperatorOptions.KubeRayVersion)
        {
            return
            [
                new AnnotatePod(head.Name, new JsonObject
                {
                    [RayAnnotations.RecreateHash] = hash,
                    [RayAnnotations.OperatorVersion] = RayOperatorOptions.KubeRayVersion,
                }),
            ];
        }
        return head.Annotation(RayAnnotations.RecreateHash) is { Length: > 0 } old && old != hash
            ? DeleteAll(observed, "spec change with Recreate upgradeStrategy")
            : null;
    }

    private static IEnumerable<ClusterAction> Head(RayClusterObservation observed, string hash)
    {
        var cluster = observed.Cluster;
        if (observed.PendingGroups.Contains("")) yield break;
        var heads = observed.HeadPods.ToArray();
        if (heads.Length > 1)
        {
            yield return new Fail($"{heads.Length} head pods found [{string.Join(' ', heads.Select(h => h.Name))}]. Please delete extra head pods");
        }
        else if (heads.Length == 1)
        {
            if (PodState.ReasonToReplace(heads[0], RayLabels.Head) is not { } reason) yield break;
            yield return new DeletePod(
                heads[0].Name, "", "Head", $"Deleted head Pod {cluster.Namespace}/{heads[0].Name}; {PodState.Describe(heads[0])}")
            { FailureMarker = "FailedDeleteHeadPod" };
            yield return new Fail(reason);
        }
        else if (cluster.Condition(ClusterConditions.Provisioned) == "True"
            && cluster.Object.Annotation(RayAnnotations.DisableProvisionedHeadRestart) == "true")
        {
            yield return new Done();
        }
        else
        {
            var pod = PodBuilder.Head(cluster, hash);
            yield return new Create(Resources.Pods, pod, "head Pod", "HeadPod")
            {
                FailedNote = error => $"Failed to create head Pod {cluster.Namespace}/{pod.Name}, {error}",
                FailureMarker = "FailedCreateHeadPod",
                Group = "",
            };
        }
    }

    private static IEnumerable<ClusterAction> Workers(RayClusterObservation observed, JsonObject group)
    {
        var cluster = observed.Cluster;
        var name = group.Text("groupName") ?? "";
        if (observed.PendingGroups.Contains(name)) yield break;
        var pods = observed.WorkersOf(name).ToArray();
        if (group.Flag("suspend") == true)
        {
            var told = new Tell("Normal", "DeletedWorkerPod", "Delete", $"Deleted all pods for suspended worker group {name} in RayCluster {cluster.Namespace}/{cluster.Name}");
            if (pods.All(p => p.IsTerminating)) yield return told;
            else yield return new DeletePods($"{RayLabels.Cluster}={cluster.Name},{RayLabels.Group}={name}", told, "FailedToDeleteWorkerPodCollection", null);
            yield break;
        }
        if (RayClusterView.Hosts(group) > 1 && cluster.Gate(FeatureGates.RayMultiHostIndexing))
        {
            foreach (var action in MultiHostPlanner.Plan(cluster, group, pods)) yield return action;
            yield break;
        }
        foreach (var action in SingleHost(cluster, group, name, pods)) yield return action;
    }

    private static IEnumerable<ClusterAction> SingleHost(RayClusterView cluster, JsonObject group, string name, JsonObject[] pods)
    {
        var broken = pods.Where(p => PodState.ReasonToReplace(p, RayLabels.Worker) is not null).ToArray();
        foreach (var pod in broken)
        {
            yield return Delete(pod.Name, name, $"Deleted worker Pod {cluster.Namespace}/{pod.Name}; {PodState.Describe(pod)}");
        }
        if (broken.Length > 0)
        {
            yield return new Fail($"delete {broken.Length} unhealthy worker Pods");
            yield break;
        }
        var named = group.Texts("scaleStrategy", "workersToDelete").ToHashSet();
        foreach (var pod in named) yield return Delete(pod, name, $"Deleted pod {cluster.Namespace}/{pod}");
        var running = pods.Where(p => !named.Contains(p.Name)).ToArray();
        var difference = RayClusterView.DesiredPods(group) - running.Length;
        if (difference > 0)
        {
            var taken = Indices(running);
            for (var i = 0; i < difference; i++) yield return Create(cluster, group, new(Smallest(taken)));
        }
        else if (difference < 0 && (!cluster.Autoscaling || cluster.Options.RandomPodDelete))
        {
            foreach (var pod in running.Take((int)-difference)) yield return Delete(pod.Name, name, $"Deleted Pod {cluster.Namespace}/{pod.Name}");
        }
    }

    internal static DeletePod Delete(string pod, string group, string note) => new(pod, group, "Worker", note) { FailureMarker = "FailedDeleteWorkerPod" };

    internal static Create Create(RayClusterView cluster, JsonObject group, WorkerPlace place) =>
        new(Resources.Pods, PodBuilder.Worker(cluster, group, place), "worker Pod", "WorkerPod")
        {
            FailedNote = error => $"Failed to create worker Pod for the cluster {cluster.Namespace}/{cluster.Name}, {error}",
            FailureMarker = "FailedCreateWorkerPod",
            Group = group.Text("groupName") ?? "",
        };

    internal static HashSet<int> Indices(IEnumerable<JsonObject> pods) =>
        [.. pods.Select(p => int.TryParse(p.Label(RayLabels.ReplicaIndex), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1)];

    internal static int Smallest(HashSet<int> taken)
    {
        var index = 0;
        while (!taken.Add(index)) index++;
        return index;
    }
}
