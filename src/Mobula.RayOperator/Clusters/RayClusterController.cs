using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Events;
using Mobula.RayOperator.Hosting;
using Mobula.RayOperator.Services;
using Mobula.RayOperator.Validation;

namespace Mobula.RayOperator.Clusters;

/// <summary>The control loop of RayClusters: observe, plan, act, tell.</summary>
internal sealed class RayClusterController(KubernetesApi api, WatchedObjects watched, EventReporter events, RayOperatorOptions options, TimeProvider time)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private static readonly GroupVersionResource Roles = new("rbac.authorization.k8s.io", "v1", "roles");
    private static readonly GroupVersionResource RoleBindings = new("rbac.authorization.k8s.io", "v1", "rolebindings");
    private static readonly GroupVersionResource Ingresses = new("networking.k8s.io", "v1", "ingresses");
    private static readonly GroupVersionResource Claims = new("", "v1", "persistentvolumeclaims");
    private readonly ScaleExpectations _expectations = new(time);

    /// <summary>Brings one RayCluster nearer to its spec; returns when to look again.</summary>
    public async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (watched.Clusters.Get(key) is not { } o)
        {
            _expectations.Clear(key);
            return null;
        }
        if (o.Text("spec", "managedBy") is { Length: > 0 } manager && manager != "ray.io/kuberay-operator") return null;
        var cluster = new RayClusterView(o, options);
        if (!IsValid(cluster)) return null;
        var redis = new RedisCleanup(api, watched, events, time);
        if (await redis.ReconcileAsync(cluster, cancellation).ConfigureAwait(false) is { } outcome) return outcome.After;
        if (o.IsTerminating) return null;

        var observed = await ObserveAsync(cluster, key, cancellation).ConfigureAwait(false);
        var made = new List<JsonObject>();
        var pass = await ActAsync(cluster, key, RayClusterPlanner.Plan(observed), made, cancellation).ConfigureAwait(false);
        return await TellAsync(cluster, pass, made, cancellation).ConfigureAwait(false);
    }

    private bool IsValid(RayClusterView cluster)
    {
        void Invalid(string reason, string note) => events.Report(cluster.Object, "Warning", reason, "Validate", note);
        var where = $"{cluster.Namespace}/{cluster.Name}";
        if (RayClusterValidation.Metadata(cluster.Object) is { } name)
        {
            Invalid("InvalidRayClusterMetadata", $"The RayCluster metadata is invalid {where}: {name}");
            return false;
        }
        if ((RayClusterValidation.Spec(cluster) ?? RayClusterValidation.UpgradeOptions(cluster)) is { } spec)
        {
            Invalid("InvalidRayClusterSpec", $"The RayCluster spec is invalid {where}: {spec}");
            return false;
        }
        if (RayClusterValidation.RestartPolicies(cluster) is { } policies) Invalid("InvalidRayClusterSpec", policies);
        if (RayClusterValidation.Status(cluster.Object) is not { } status) return true;
        Invalid("InvalidRayClusterStatus", $"The RayCluster status is invalid {where}: {status}");
        throw new InvalidOperationException(status);
    }

    private async Task<RayClusterObservation> ObserveAsync(RayClusterView cluster, ObjectKey key, CancellationToken cancellation)
    {
        var (ns, name) = (cluster.Namespace, cluster.Name);
        async Task<bool> Exists(GroupVersionResource resource, string o) => await api.FindAsync(resource, ns, o, cancellation).ConfigureAwait(false) is not null;
        var account = cluster.Head.Text("template", "spec", "serviceAccountName") is { Length: > 0 } given ? given : name;
        return new(cluster)
        {
            Pods = watched.PodsOf(ns, name),
            Services = watched.Services.InNamespace(ns),
            PendingGroups = _expectations.Pending(key, pod => watched.Pods.Get(new(ns, pod)) is not null),
            HasServiceAccount = !cluster.Autoscaling || await Exists(Resources.ServiceAccounts, account).ConfigureAwait(false),
            HasRole = !cluster.Autoscaling || await Exists(Roles, name).ConfigureAwait(false),
            HasRoleBinding = !cluster.Autoscaling || await Exists(RoleBindings, name).ConfigureAwait(false),
            Ingress = cluster.Head.Flag("enableIngress") == true
                ? await api.FindAsync(Ingresses, ns, IngressBuilder.Name(cluster), cancellation).ConfigureAwait(false)
                : null,
            HasAuthSecret = !RayClusterPlanner.NeedsAuthSecret(cluster) || await Exists(Resources.Secrets, cluster.AuthSecretName).ConfigureAwait(false),
            GcsClaim = cluster.UsesRocksDb
                ? await api.FindAsync(Claims, ns, GcsStorageClaim.Name(cluster), cancellation).ConfigureAwait(false)
                : null,
        };
    }

    private async Task<PassResult> ActAsync(
        RayClusterView cluster, ObjectKey key, IReadOnlyList<ClusterAction> plan, List<JsonObject> made, CancellationToken cancellation)
    {
        foreach (var action in plan)
        {
            var failed = action switch
            {
                Tell tell => Report(cluster, tell),
                Fail fail => new(fail.Message),
                Create create => await CreateAsync(cluster, key, create, made, cancellation).ConfigureAwait(false),
                DeletePod delete => await DeleteAsync(cluster, key, delete, cancellation).ConfigureAwait(false),
                DeletePods delete => await DeleteAsync(cluster, key, delete, cancellation).ConfigureAwait(false),
                AnnotatePod annotate => await TryAsync(() => api.PatchAsync(
                    Resources.Pods, cluster.Namespace, annotate.Name, PatchType.Merge,
                    new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotate.Annotations.Clone() } }, cancellation: cancellation)).ConfigureAwait(false),
                SetOwners owners => await TryAsync(() => api.UpdateAsync(owners.Resource, owners.Object, cancellation: cancellation)).ConfigureAwait(false),
                Replace replace => await ReplaceAsync(cluster, replace, cancellation).ConfigureAwait(false),
                _ => null,
            };
            if (failed is not null) return failed;
        }
        return new();
    }

    private PassResult? Report(RayClusterView cluster, Tell tell)
    {
        events.Report(cluster.Object, tell.Type, tell.Reason, tell.Action, tell.Note);
        return null;
    }

    private static async Task<PassResult?> TryAsync(Func<Task> act)
    {
        try
        {
            await act().ConfigureAwait(false);
            return null;
        }
        catch (StatusException error)
        {
            return new(error.Message);
        }
    }

    private async Task<PassResult?> CreateAsync(RayClusterView cluster, ObjectKey key, Create create, List<JsonObject> made, CancellationToken cancellation)
    {
        try
        {
            var o = await api.CreateAsync(create.Resource, create.Object, cancellation).ConfigureAwait(false);
            made.Add(o);
            if (create.Group is { } group) _expectations.ExpectCreated(key, group, o.Name);
            if (create.Reason is { } reason) Report(cluster, new("Normal", $"Created{reason}", "Create", $"Created {create.Noun} {cluster.Namespace}/{o.Name}"));
            return null;
        }
        catch (StatusException error) when (error.IsAlreadyExists && create.ExistingIsFine)
        {
            return null;
        }
        catch (StatusException error)
        {
            if (create.Reason is { } reason) Report(cluster, new("Warning", $"FailedToCreate{reason}", "Create", create.FailedNote(error.Message)));
            var what = create.Group is null ? create.Noun : create.Group.Length == 0 ? "head pod" : $"worker pod of group \"{create.Group}\"";
            // Without its defaults the operator says what KubeRay says and no more.
            var refusal = options.PodSecurityDefaults ? PodSecurityRefusal.From(error, what) : null;
            if (refusal is not null && WasTold(cluster, refusal) is { } news)
            {
                Report(cluster, new("Warning", PodSecurityRefusal.Reason, "Create", news));
            }
            return new(error.Message, create.FailureMarker, refusal);
        }
    }

    /// <summary>The text of a refusal, unless the status says it already: a refusal is told once, however often it is tried again.</summary>
    private static string? WasTold(RayClusterView cluster, PodSecurityRefusal refusal)
    {
        var text = refusal.Describe(!cluster.PodSecurityDefaults, cluster.Options.PodSecurityDefaults && !cluster.PodSecurityDefaults);
        return Conditions.Find(cluster.Object, ClusterConditions.PodsAdmitted)?.Text("message") == text ? null : text;
    }

    private async Task<PassResult?> DeleteAsync(RayClusterView cluster, ObjectKey key, DeletePod delete, CancellationToken cancellation)
    {
        try
        {
            await api.DeleteAsync(Resources.Pods, cluster.Namespace, delete.Name, cancellation: cancellation).ConfigureAwait(false);
            _expectations.ExpectDeleted(key, delete.Group, delete.Name);
            return Report(cluster, new("Normal", $"Deleted{delete.Kind}Pod", "Delete", delete.Note));
        }
        catch (StatusException error) when (error.IsNotFound)
        {
            return null;
        }
        catch (StatusException error)
        {
            Report(cluster, new("Warning", $"FailedToDelete{delete.Kind}Pod", "Delete", $"Failed deleting pod {cluster.Namespace}/{delete.Name} for RayCluster {cluster.Namespace}/{cluster.Name}, {error.Message}"));
            return new(error.Message, delete.FailureMarker);
        }
    }

    private async Task<PassResult?> DeleteAsync(RayClusterView cluster, ObjectKey key, DeletePods delete, CancellationToken cancellation)
    {
        try
        {
            await DeletePodsAsync(api, cluster.Namespace, delete.Selector, cancellation).ConfigureAwait(false);
            if (delete.ClearsExpectations) _expectations.Clear(key);
            return delete.Deleted is { } told ? Report(cluster, told) : null;
        }
        catch (StatusException error)
        {
            Report(cluster, new("Warning", delete.FailedReason, "Delete", $"Failed deleting Pods for RayCluster {cluster.Namespace}/{cluster.Name}, {error.Message}"));
            return new(error.Message, delete.FailureMarker);
        }
    }

    internal static Task DeletePodsAsync(KubernetesApi api, string ns, string selector, CancellationToken cancellation) =>
        api.SendAsync(HttpMethod.Delete, $"{Resources.Pods.Path(ns)}?labelSelector={Uri.EscapeDataString(selector)}", null, null, cancellation);

    private async Task<PassResult?> ReplaceAsync(RayClusterView cluster, Replace replace, CancellationToken cancellation)
    {
        try
        {
            await api.UpdateAsync(replace.Resource, replace.Object, cancellation: cancellation).ConfigureAwait(false);
            return Report(cluster, replace.Done);
        }
        catch (StatusException error)
        {
            Report(cluster, new("Warning", replace.FailedReason, "Update", $"Failed to update {replace.Resource.Resource} {cluster.Namespace}/{replace.Object.Name}, {error.Message}"));
            return new(error.Message);
        }
    }

    /// <summary>Writes the status where it changed, then ends the pass as it went.</summary>
    private async Task<TimeSpan?> TellAsync(RayClusterView cluster, PassResult pass, List<JsonObject> made, CancellationToken cancellation)
    {
        var (ns, name) = (cluster.Namespace, cluster.Name);
        List<JsonObject> Seen(IEnumerable<JsonObject> cached, string kind)
        {
            var all = cached.ToList();
            all.AddRange(made.Where(m => m.Kind == kind && !all.Any(c => c.Name == m.Name)));
            return all;
        }
        var observed = new RayClusterObservation(cluster)
        {
            Pods = Seen(watched.PodsOf(ns, name), "Pod"),
            Services = Seen(watched.Services.InNamespace(ns), "Service"),
        };
        JsonObject status;
        try
        {
            status = RayClusterStatus.Compute(observed, pass, time.GetUtcNow());
        }
        catch (InvalidOperationException) when (pass.Error is not null)
        {
            throw new ReconcileException(pass.Error);
        }
        catch (InvalidOperationException error)
        {
            throw new ReconcileException(error.Message);
        }
        var inconsistent = RayClusterStatus.IsInconsistent(cluster.Object.Object("status"), status);
        if (inconsistent)
        {
            var update = cluster.Object.Clone();
            update["status"] = status;
            await api.UpdateAsync(RayResources.RayClusters, update, "status", cancellation).ConfigureAwait(false);
        }
        if (pass.Error is not null) throw new ReconcileException(pass.Error);
        return inconsistent ? Soon : options.ClusterRequeue;
    }
}
