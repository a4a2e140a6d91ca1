using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.Controllers.Deployments;

/// <summary>Rolls Deployments out by means of ReplicaSets.</summary>
internal sealed class DeploymentController : IController
{
    private const string Component = "deployment-controller";
    private readonly KubernetesApi _api;
    private readonly TimeProvider _time;
    private readonly EventRecorder _recorder;
    private readonly PodControl _control;
    private readonly Informer _deployments;
    private readonly Informer _replicaSets;
    private readonly Informer _pods;
    private readonly WriteBarrier _replicaSetWrites;
    private readonly OwnWrites _own;
    private readonly ControlLoop _loop;

    public DeploymentController(ControllerContext context)
    {
        _api = context.ApiFor(Component);
        _time = context.Time;
        _recorder = context.Recorder(Component);
        _control = new(_api, _recorder);
        _deployments = context.Informer(Resources.Deployments);
        _replicaSets = context.Informer(Resources.ReplicaSets);
        _pods = context.Informer(Resources.Pods);
        _replicaSetWrites = new(_replicaSets);
        _own = new(_api, _deployments, _replicaSetWrites);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_deployments)
            .Watch(_replicaSets, (old, now) => PodOwners.Concerned(old, now, "Deployment", _deployments, (d, rs) => Selector(d).Matches(rs)))
            .Watch(_pods, (old, now) => now is null || (PodState.HasEnded(now) && old is not null && !PodState.HasEnded(old)) ? OfPod((now ?? old)!) : []);
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(5, cancellation);

    private static LabelSelector Selector(JsonObject deployment) => LabelSelector.From(deployment.Object("spec", "selector"));

    /// <summary>A rollout by Recreate waits for old pods to be gone, not only for their ReplicaSets to shrink.</summary>
    private IEnumerable<ObjectKey> OfPod(JsonObject pod)
    {
        if (pod.ControllerReference is not { } owner || owner.Text("kind") != "ReplicaSet") return [];
        if (_replicaSets.Get(pod.Namespace, owner.Text("name") ?? "")?.ControllerReference is not { } deployment) return [];
        return _deployments.Get(pod.Namespace, deployment.Text("name") ?? "") is { } d && !DeploymentSpec.Of(d).IsRolling ? [ObjectKey.Of(d)] : [];
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_own.Ready(key) is not { } cached) return null;
        var deployment = cached.Clone();
        var selector = Selector(deployment);
        if (selector.IsEverything)
        {
            _recorder.Warning(deployment, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
            return null;
        }
        var claims = Claims.Decide(deployment, selector.Matches, _replicaSets.Cache.InNamespace(deployment.Namespace!));
        var adopted = await _control.SettleAsync(deployment, claims, Resources.ReplicaSets, cancellation).ConfigureAwait(false);
        var rollout = new Rollout(key, deployment, DeploymentSpec.Of(deployment), [.. claims.Owned, .. adopted]);
        if (deployment.IsTerminating) return await WriteStatusAsync(rollout, cancellation).ConfigureAwait(false);

        await MarkPauseAsync(rollout, cancellation).ConfigureAwait(false);
        if (deployment.Flag("spec", "paused") == true || DeploymentScaling.WasResized(rollout.Spec, rollout.All))
        {
            await SyncNewestAsync(rollout, create: false, cancellation).ConfigureAwait(false);
            await ResizeAsync(rollout, DeploymentScaling.Scale(deployment, rollout.Spec, rollout.Newest, rollout.Old), cancellation).ConfigureAwait(false);
            if (deployment.Flag("spec", "paused") == true) await CleanUpAsync(rollout, cancellation).ConfigureAwait(false);
        }
        else if (rollout.Spec.IsRolling)
        {
            if (!await SyncNewestAsync(rollout, create: true, cancellation).ConfigureAwait(false)) return null;
            if (!await ResizeAsync(rollout, DeploymentScaling.Roll(rollout.Spec, rollout.Newest!, rollout.Old), cancellation).ConfigureAwait(false))
            {
                await CleanUpWhenCompleteAsync(rollout, cancellation).ConfigureAwait(false);
            }
        }
        else
        {
            await RecreateAsync(rollout, cancellation).ConfigureAwait(false);
        }
        return await WriteStatusAsync(rollout, cancellation).ConfigureAwait(false);
    }

    private async Task RecreateAsync(Rollout rollout, CancellationToken cancellation)
    {
        await SyncNewestAsync(rollout, create: false, cancellation).ConfigureAwait(false);
        var shrink = rollout.Old.Where(r => ReplicaSetFacts.Wanted(r) > 0).Select(r => new Resize(r, 0)).ToArray();
        if (await ResizeAsync(rollout, shrink, cancellation).ConfigureAwait(false)) return;
        if (rollout.Old.Any(r => ReplicaSetFacts.Count(r, "replicas") > 0 || _pods.Cache.OwnedBy(r.Uid).Any(p => !PodState.HasEnded(p)))) return;
        if (!await SyncNewestAsync(rollout, create: true, cancellation).ConfigureAwait(false)) return;
        var grow = ReplicaSetFacts.Wanted(rollout.Newest!) == rollout.Spec.Replicas ? Array.Empty<Resize>() : [new(rollout.Newest!, rollout.Spec.Replicas)];
        if (!await ResizeAsync(rollout, grow, cancellation).ConfigureAwait(false)) await CleanUpWhenCompleteAsync(rollout, cancellation).ConfigureAwait(false);
    }

    /// <summary>Finds or makes the ReplicaSet of the present template, and gives it and the Deployment their revision.</summary>
    /// <returns>False when this reconcile has to end here.</returns>
    private async Task<bool> SyncNewestAsync(Rollout rollout, bool create, CancellationToken cancellation)
    {
        var deployment = rollout.Deployment;
        var revision = rollout.Old.Select(ReplicaSetFacts.RevisionOf).DefaultIfEmpty(0).Max() + 1;
        if (rollout.Newest is { } existing)
        {
            var update = existing.Clone();
            var changed = ReplicaSetFacts.Annotate(deployment, update, revision, exists: true, rollout.Spec);
            if ((existing.Integer("spec", "minReadySeconds") ?? 0) != (deployment.Integer("spec", "minReadySeconds") ?? 0))
            {
                update["spec"]!["minReadySeconds"] = deployment.Integer("spec", "minReadySeconds") ?? 0;
                changed = true;
            }
            if (changed)
            {
                rollout.Replace(existing, await UpdateReplicaSetAsync(rollout.Key, update, cancellation).ConfigureAwait(false));
            }
            await NoteNewestAsync(rollout, rollout.Newest!.Annotation(ReplicaSetFacts.Revision), "FoundNewReplicaSet", $"Found new replica set \"{existing.Name}\"", onlyIfNone: true, cancellation).ConfigureAwait(false);
            return true;
        }
        if (!create) return true;

        var replicaSet = NewReplicaSet.Build(deployment, rollout.Spec, rollout.Old, revision);
        var created = true;
        try
        {
            replicaSet = await _api.CreateAsync(Resources.ReplicaSets, replicaSet, cancellation).ConfigureAwait(false);
            _replicaSetWrites.Wrote(rollout.Key, replicaSet);
        }
        catch (StatusException e) when (e.IsAlreadyExists)
        {
            var found = await _api.GetAsync(Resources.ReplicaSets, replicaSet.Namespace, replicaSet.Name, cancellation).ConfigureAwait(false);
            if (found.ControllerReference?.Text("uid") != deployment.Uid || !ReplicaSetFacts.SameTemplate(found.Object("spec", "template"), deployment.Object("spec", "template")))
            {
                // Two templates of one hash: the count makes the next hash another.
                deployment.Ensure("status")["collisionCount"] = (deployment.Integer("status", "collisionCount") ?? 0) + 1;
                await UpdateOwnStatusAsync(rollout, cancellation).ConfigureAwait(false);
                return false;
            }
            replicaSet = found;
            created = false;
        }
        catch (StatusException e) when (PodControl.IsNamespaceTerminating(e))
        {
            return false;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException)
        {
            var message = $"Failed to create new replica set \"{replicaSet.Name}\": {e.Message}";
            _recorder.Warning(deployment, "ReplicaSetCreateError", message);
            if (rollout.Spec.ProgressDeadlineSeconds is not null)
            {
                DeploymentStatus.SetCondition(deployment.Ensure("status"), DeploymentStatus.Condition("Progressing", "False", "ReplicaSetCreateError", message, _time.GetUtcNow()));
                await UpdateOwnStatusAsync(rollout, cancellation).ConfigureAwait(false);
            }
            throw;
        }
        rollout.All.Add(replicaSet);
        if (created && ReplicaSetFacts.Wanted(replicaSet) is > 0 and var size)
        {
            _recorder.Normal(deployment, "ScalingReplicaSet", $"Scaled up replica set {replicaSet.Name} from 0 to {size}");
        }
        await NoteNewestAsync(
            rollout, revision.ToString(CultureInfo.InvariantCulture), "NewReplicaSetCreated", $"Created new replica set \"{replicaSet.Name}\"", onlyIfNone: !created, cancellation).ConfigureAwait(false);
        return true;
    }

    private async Task NoteNewestAsync(Rollout rollout, string? revision, string reason, string message, bool onlyIfNone, CancellationToken cancellation)
    {
        var deployment = rollout.Deployment;
        var changed = false;
        if (revision is not null && deployment.Annotation(ReplicaSetFacts.Revision) != revision)
        {
            deployment.Ensure("metadata", "annotations")[ReplicaSetFacts.Revision] = revision;
            changed = true;
        }
        if (rollout.Spec.ProgressDeadlineSeconds is not null && (!onlyIfNone || Conditions.Find(deployment, "Progressing") is null))
        {
            DeploymentStatus.SetCondition(deployment.Ensure("status"), DeploymentStatus.Condition("Progressing", "True", reason, message, _time.GetUtcNow()));
            changed = true;
        }
        if (changed) await UpdateOwnStatusAsync(rollout, cancellation).ConfigureAwait(false);
    }

    private async Task MarkPauseAsync(Rollout rollout, CancellationToken cancellation)
    {
        if (rollout.Spec.ProgressDeadlineSeconds is null) return;
        var current = Conditions.Find(rollout.Deployment, "Progressing");
        if (current?.Text("reason") == "ProgressDeadlineExceeded") return;
        var paused = rollout.Deployment.Flag("spec", "paused") == true;
        var marked = current?.Text("reason") == "DeploymentPaused";
        if (paused == marked) return;
        DeploymentStatus.SetCondition(rollout.Deployment.Ensure("status"), paused
            ? DeploymentStatus.Condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", _time.GetUtcNow())
            : DeploymentStatus.Condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", _time.GetUtcNow()));
        await UpdateOwnStatusAsync(rollout, cancellation).ConfigureAwait(false);
    }

    /// <returns>Whether any size changed.</returns>
    private async Task<bool> ResizeAsync(Rollout rollout, IReadOnlyList<Resize> resizes, CancellationToken cancellation)
    {
        var resized = false;
        foreach (var (replicaSet, size) in resizes)
        {
            var before = ReplicaSetFacts.Wanted(replicaSet);
            var update = replicaSet.Clone();
            if (!ReplicaSetFacts.AnnotateReplicas(update, rollout.Spec) && before == size) continue;
            update["spec"]!["replicas"] = size;
            rollout.Replace(replicaSet, await UpdateReplicaSetAsync(rollout.Key, update, cancellation).ConfigureAwait(false));
            if (before == size) continue;
            resized = true;
            _recorder.Normal(rollout.Deployment, "ScalingReplicaSet", $"Scaled {(size > before ? "up" : "down")} replica set {replicaSet.Name} from {before} to {size}");
        }
        return resized;
    }

    private Task CleanUpWhenCompleteAsync(Rollout rollout, CancellationToken cancellation) =>
        DeploymentStatus.IsComplete(rollout.Spec, rollout.Deployment, rollout.Deployment.Object("status") ?? []) ? CleanUpAsync(rollout, cancellation) : Task.CompletedTask;

    private async Task CleanUpAsync(Rollout rollout, CancellationToken cancellation)
    {
        if (rollout.Deployment.Integer("spec", "revisionHistoryLimit") is not { } limit || limit == int.MaxValue) return;
        var alive = rollout.Old.Where(r => !r.IsTerminating).OrderBy(ReplicaSetFacts.RevisionOf).ToArray();
        foreach (var replicaSet in alive.Take(Math.Max(0, alive.Length - (int)limit)))
        {
            if (ReplicaSetFacts.Count(replicaSet, "replicas") != 0 || ReplicaSetFacts.Wanted(replicaSet) != 0) continue;
            if (replicaSet.Generation > (replicaSet.Integer("status", "observedGeneration") ?? 0)) continue;
            try
            {
                await _api.DeleteAsync(Resources.ReplicaSets, replicaSet.Namespace, replicaSet.Name, cancellation: cancellation).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.IsNotFound)
            {
                continue;
            }
        }
    }

    private async Task<TimeSpan?> WriteStatusAsync(Rollout rollout, CancellationToken cancellation)
    {
        var (deployment, now) = (rollout.Deployment, _time.GetUtcNow());
        var status = DeploymentStatus.Calculate(deployment, rollout.Spec, rollout.Newest, rollout.All, now);
        if (deployment.Flag("spec", "paused") != true && !deployment.IsTerminating)
        {
            DeploymentStatus.AddProgress(status, deployment, rollout.Spec, rollout.Newest, rollout.All, now);
        }
        if (!JsonNode.DeepEquals(status, deployment["status"]))
        {
            deployment["status"] = status;
            await UpdateOwnStatusAsync(rollout, cancellation).ConfigureAwait(false);
        }
        return DeploymentStatus.UntilDeadline(deployment, rollout.Spec, status, now);
    }

    private async Task<JsonObject> UpdateReplicaSetAsync(ObjectKey key, JsonObject replicaSet, CancellationToken cancellation)
    {
        var answer = await _api.UpdateAsync(Resources.ReplicaSets, replicaSet, cancellation: cancellation).ConfigureAwait(false);
        _replicaSetWrites.Wrote(key, answer);
        return answer;
    }

    private async Task UpdateOwnStatusAsync(Rollout rollout, CancellationToken cancellation)
    {
        rollout.Deployment = await _api.UpdateAsync(Resources.Deployments, rollout.Deployment, "status", cancellation).ConfigureAwait(false);
        _own.Wrote(rollout.Key, rollout.Deployment);
    }

    /// <summary>One reconcile's view, kept up to date by the reconcile's own writes.</summary>
    private sealed class Rollout(ObjectKey key, JsonObject deployment, DeploymentSpec spec, List<JsonObject> all)
    {
        public ObjectKey Key => key;

        public JsonObject Deployment { get; set; } = deployment;

        public DeploymentSpec Spec => spec;

        public List<JsonObject> All => all;

        public JsonObject? Newest => ReplicaSetFacts.FindNew(Deployment, all);

        public IReadOnlyCollection<JsonObject> Old => [.. all.Where(r => r != Newest)];

        public void Replace(JsonObject before, JsonObject now) => all[all.IndexOf(before)] = now;
    }
}
