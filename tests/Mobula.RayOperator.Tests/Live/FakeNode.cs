using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Tests.Live;

/// <summary>
/// Stands in for scheduler and node, as the one of the recordings did: binds every pod and makes it Running and Ready at
/// once, unless the ConfigMap <c>fake-node</c> of the namespace says otherwise for <c>head</c>, <c>worker</c> or <c>job</c>.
/// </summary>
internal sealed class FakeNode(KubernetesApi api)
{
    private readonly Informer _pods = new(api, Resources.Pods);
    private readonly Informer _maps = new(api, Resources.ConfigMaps, new() { FieldSelector = "metadata.name=fake-node" });
    private readonly Informer _jobs = new(api, Resources.Jobs);
    private readonly Dictionary<string, int> _addresses = [];
    private readonly ConcurrentDictionary<string, int> _order = new();
    private readonly ConcurrentDictionary<string, string> _podAddresses = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        var made = 0;
        using var order = _pods.Subscribe((old, now) =>
        {
            if (old is null && now is not null) _order.TryAdd(now.Uid, Interlocked.Increment(ref made));
        });
        var loop = new ControlLoop("fake-node", ReconcileAsync, backoff: new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1)))
            .Watch(_pods)
            .Watch(_maps, (old, now) => _pods.Cache.InNamespace((now ?? old)!.Namespace!).Select(ObjectKey.Of));
        var jobs = new ControlLoop("fake-jobs", ReconcileJobAsync, backoff: new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1)))
            .Watch(_jobs)
            .Watch(_maps, (old, now) => _jobs.Cache.InNamespace((now ?? old)!.Namespace!).Select(ObjectKey.Of));
        await Task.WhenAll(_pods.RunAsync(cancellation), _maps.RunAsync(cancellation), _jobs.RunAsync(cancellation), loop.RunAsync(1, cancellation), jobs.RunAsync(1, cancellation));
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_pods.Cache.Get(key) is not { } pod) return null;
        if (pod.IsTerminating)
        {
            await api.DeleteAsync(Resources.Pods, pod.Namespace, pod.Name, new JsonObject { ["gracePeriodSeconds"] = 0 }, cancellation);
            return null;
        }
        var type = pod.Label("ray.io/node-type") ?? "";
        var state = _maps.Get(pod.Namespace, "fake-node")?.Text("data", type) ?? "running";
        if (state == "ignore") return null;
        // As on any node a head has its address before the workers that wait for it.
        if (type == "worker" && AwaitsHead(pod)) return TimeSpan.FromMilliseconds(20);
        if (state != "unschedulable" && pod.Text("spec", "nodeName") is null)
        {
            var binding = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Binding",
                ["metadata"] = new JsonObject { ["name"] = pod.Name, ["namespace"] = pod.Namespace },
                ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = "fake-node" },
            };
            await api.CreateSubresourceAsync(Resources.Pods, pod.Namespace, pod.Name, "binding", binding, cancellation);
        }
        var status = Status(pod, state, _maps.Get(pod.Namespace, "fake-node")?.Text("data", "submitter"));
        if (AlreadyShows(pod, status)) return null;
        await api.PatchAsync(Resources.Pods, pod.Namespace, pod.Name, PatchType.Merge, new JsonObject { ["status"] = status }, "status", cancellation: cancellation);
        return null;
    }

    private async Task<TimeSpan?> ReconcileJobAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_jobs.Cache.Get(key) is not { } job || job.Objects("status", "conditions").Any()) return null;
        if (_maps.Get(job.Namespace, "fake-node")?.Text("data", "job") is not { } result || result is not ("succeeded" or "failed")) return null;
        // No Job ends without a pod; it also keeps the order of the pods' addresses.
        if (!_pods.Cache.InNamespace(job.Namespace!).Any(p => p.Label("job-name") == job.Name && _podAddresses.ContainsKey(p.Uid))) return TimeSpan.FromMilliseconds(20);
        var now = KubernetesTime.Format(DateTimeOffset.UtcNow);
        JsonObject Condition(string type, string? reason, string? message) => new()
        {
            ["type"] = type, ["status"] = "True", ["lastProbeTime"] = now, ["lastTransitionTime"] = now, ["reason"] = reason, ["message"] = message,
        };
        var status = new JsonObject { ["startTime"] = now };
        if (result == "succeeded")
        {
            status["conditions"] = new JsonArray(Condition("SuccessCriteriaMet", "CompletionsReached", null), Condition("Complete", "CompletionsReached", null));
            (status["completionTime"], status["succeeded"]) = (now, 1);
        }
        else
        {
            const string message = "Job has reached the specified backoff limit";
            status["conditions"] = new JsonArray(Condition("FailureTarget", "BackoffLimitExceeded", message), Condition("Failed", "BackoffLimitExceeded", message));
            status["failed"] = 1;
        }
        await api.PatchAsync(Resources.Jobs, job.Namespace, job.Name, PatchType.Merge, new JsonObject { ["status"] = status }, "status", cancellation: cancellation);
        return null;
    }

    private static JsonObject Terminated(int exitCode, string now) => new()
    {
        ["terminated"] = new JsonObject { ["exitCode"] = exitCode, ["reason"] = exitCode == 0 ? "Completed" : "Error", ["startedAt"] = now, ["finishedAt"] = now },
    };

    private static bool AlreadyShows(JsonObject pod, JsonObject status) =>
        pod.Text("status", "phase") == status.Text("phase") && JsonNode.DeepEquals(Outline(pod.Object("status")!), Outline(status));

    private static JsonArray Outline(JsonObject status)
    {
        var outline = new JsonArray();
        foreach (var c in status.Objects("conditions")) outline.Add((JsonNode)new JsonObject { ["t"] = c.Text("type"), ["s"] = c.Text("status"), ["r"] = c.Text("reason") });
        foreach (var c in status.Objects("containerStatuses")) outline.Add((JsonNode)$"{c.Text("name")} {c.Object("state")?.FirstOrDefault().Key} {c.Text("state", "waiting", "reason")}");
        return outline;
    }

    private bool AwaitsHead(JsonObject worker) =>
        _pods.Cache.InNamespace(worker.Namespace!).Any(p => p.Label("ray.io/node-type") == "head" && p.Label("ray.io/cluster") == worker.Label("ray.io/cluster") && !p.IsTerminating && HasAddress(p) && !_podAddresses.ContainsKey(p.Uid));

    /// <summary>Pods get their addresses in the order they were made in, whichever is looked at first.</summary>
    private string Address(JsonObject pod)
    {
        if (!_podAddresses.ContainsKey(pod.Uid))
        {
            var own = _order.GetValueOrDefault(pod.Uid, int.MaxValue);
            var before = _pods.Cache.InNamespace(pod.Namespace!).Where(p => !_podAddresses.ContainsKey(p.Uid) && !p.IsTerminating && _order.GetValueOrDefault(p.Uid, int.MaxValue) < own && HasAddress(p));
            foreach (var earlier in before.OrderBy(p => _order[p.Uid]).ToArray()) Assign(earlier);
        }
        return Assign(pod);
    }

    private bool HasAddress(JsonObject pod) =>
        (_maps.Get(pod.Namespace, "fake-node")?.Text("data", pod.Label("ray.io/node-type") ?? "") ?? "running") is not ("pending" or "ignore" or "unschedulable");

    private string Assign(JsonObject pod)
    {
        if (_podAddresses.TryGetValue(pod.Uid, out var address)) return address;
        var ns = pod.Namespace!;
        var number = _addresses[ns] = _addresses.GetValueOrDefault(ns, 9) + 1;
        return _podAddresses[pod.Uid] = $"10.244.{Crc32(Encoding.UTF8.GetBytes(ns)) % 250 + 1}.{number}";
    }

    /// <summary>The recordings' node made its addresses from the namespace's name by this sum.</summary>
    private static uint Crc32(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }

    private JsonObject Status(JsonObject pod, string state, string? submitter)
    {
        var now = KubernetesTime.Format(DateTimeOffset.UtcNow);
        JsonObject Condition(string type, bool met, string? reason = null, string? message = null)
        {
            var c = new JsonObject { ["type"] = type, ["status"] = met ? "True" : "False", ["lastProbeTime"] = null, ["lastTransitionTime"] = now };
            if (reason is not null) c["reason"] = reason;
            if (message is not null) c["message"] = message;
            return c;
        }
        if (state == "unschedulable")
        {
            return new JsonObject { ["phase"] = "Pending", ["conditions"] = new JsonArray(Condition("PodScheduled", false, "Unschedulable", "0/1 nodes are available")) };
        }
        var names = pod.Objects("spec", "containers").Select(c => c.Text("name")!).ToArray();
        var ready = state == "running";
        var why = $"containers with unready status: [{string.Join(' ', names)}]";
        var running = state is "running" or "unready" or "crashloop" or "crash";
        var status = new JsonObject
        {
            ["phase"] = running ? "Running" : "Pending",
            ["conditions"] = new JsonArray(
                Condition("PodReadyToStartContainers", true),
                Condition("Initialized", true),
                ready ? Condition("Ready", true) : Condition("Ready", false, "ContainersNotReady", why),
                ready ? Condition("ContainersReady", true) : Condition("ContainersReady", false, "ContainersNotReady", why),
                Condition("PodScheduled", true)),
            ["hostIP"] = "10.244.0.1",
            ["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = "10.244.0.1" }),
            ["startTime"] = now,
        };
        if (state != "pending")
        {
            var address = Address(pod);
            (status["podIP"], status["podIPs"]) = (address, new JsonArray(new JsonObject { ["ip"] = address }));
        }
        JsonObject Container(JsonObject c, JsonObject how, bool isReady) => new()
        {
            ["name"] = c.Text("name"), ["state"] = how, ["lastState"] = new JsonObject(), ["ready"] = isReady, ["restartCount"] = 0,
            ["image"] = c.Text("image"), ["imageID"] = "", ["containerID"] = $"fake://{c.Text("name")}", ["started"] = isReady,
        };
        var inits = new JsonArray();
        foreach (var c in pod.Objects("spec", "initContainers"))
        {
            inits.Add((JsonNode)Container(c, new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = 0, ["reason"] = "Completed", ["startedAt"] = now, ["finishedAt"] = now } }, true));
        }
        if (inits.Count > 0) status["initContainerStatuses"] = inits;
        var list = new JsonArray();
        foreach (var c in pod.Objects("spec", "containers"))
        {
            var ended = c.Text("name") == "ray-job-submitter" && submitter is "succeeded" or "failed";
            var how = ended ? Terminated(submitter == "failed" ? 1 : 0, now) : state switch
            {
                "pending" => new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "ContainerCreating" } },
                "image" => new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "ImagePullBackOff", ["message"] = $"Back-off pulling image \"{c.Text("image")}\"" } },
                "crashloop" => new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff", ["message"] = $"back-off 40s restarting failed container={c.Text("name")}" } },
                "crash" => Terminated(1, now),
                _ => new JsonObject { ["running"] = new JsonObject { ["startedAt"] = now } },
            };
            list.Add((JsonNode)Container(c, how, ready && !ended));
        }
        status["containerStatuses"] = list;
        return status;
    }
}
