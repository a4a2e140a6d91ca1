using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>The table of pods: how many containers are ready, and in one word how the pod is.</summary>
internal static class PodTable
{
    public static TableFormat Format { get; } = TableFormats.Make("Ready Status Restarts Age +IP +Node +Nominated_Node +Readiness_Gates", Cells);

    private static JsonNode?[] Cells(JsonObject pod, DateTimeOffset now)
    {
        var main = pod.Objects("status", "containerStatuses").ToList();
        var sidecars = pod.Objects("spec", "initContainers").Where(c => c.Text("restartPolicy") == "Always").Select(c => c.Text("name")).ToHashSet();
        var initial = pod.Objects("status", "initContainerStatuses").ToList();
        var counted = main.Concat(initial.Where(s => sidecars.Contains(s.Text("name")))).ToList();
        var ready = counted.Count(s => s.Flag("ready") == true && s.Object("state", "running") is not null);
        var total = pod.Objects("spec", "containers").Count() + sidecars.Count;
        var initializing = Initializing(pod, initial, sidecars, out var initReason);
        var restarting = initializing ? initial : counted;
        var restarts = restarting.Sum(s => s.Integer("restartCount") ?? 0);
        var last = restarting.Select(s => KubernetesTime.Parse(s.Text("lastState", "terminated", "finishedAt"))).Where(t => t is not null).Max();
        var text = restarts.ToString(CultureInfo.InvariantCulture);
        if (restarts > 0 && last is { } time) text = $"{text} ({Ages.Format(now - time)} ago)";
        return
        [
            $"{ready}/{total}", Status(pod, main, initializing ? initReason : null), text, Ages.Of(pod, now), Or(pod.Text("status", "podIP")), Or(pod.Text("spec", "nodeName")),
            Or(pod.Text("status", "nominatedNodeName")), Gates(pod),
        ];
    }

    private static bool Initializing(JsonObject pod, List<JsonObject> initial, HashSet<string?> sidecars, out string reason)
    {
        reason = "";
        var count = pod.Objects("spec", "initContainers").Count();
        foreach (var (i, status) in initial.Index())
        {
            var terminated = status.Object("state", "terminated");
            if (terminated?.Integer("exitCode") == 0) continue;
            if (sidecars.Contains(status.Text("name")) && status.Flag("started") == true) continue;
            var waiting = status.Text("state", "waiting", "reason");
            if (terminated is not null)
            {
                reason = terminated.Text("reason") is { Length: > 0 } why ? $"Init:{why}"
                    : terminated.Integer("signal") is > 0 and var signal ? $"Init:Signal:{signal}" : $"Init:ExitCode:{terminated.Integer("exitCode")}";
            }
            else
            {
                reason = waiting is { Length: > 0 } and not "PodInitializing" ? $"Init:{waiting}" : $"Init:{i}/{count}";
            }
            return true;
        }
        return false;
    }

    private static string Status(JsonObject pod, List<JsonObject> containers, string? initReason)
    {
        var reason = pod.Text("status", "reason") is { Length: > 0 } given ? given : pod.Text("status", "phase") ?? "";
        if (pod.Objects("status", "conditions").Any(c => c.Text("type") == "PodScheduled" && c.Text("reason") == "SchedulingGated")) reason = "SchedulingGated";
        if (initReason is not null)
        {
            reason = initReason;
        }
        else
        {
            var running = false;
            foreach (var status in Enumerable.Reverse(containers))
            {
                if (status.Text("state", "waiting", "reason") is { Length: > 0 } waiting) reason = waiting;
                else if (status.Object("state", "terminated") is { } ended)
                {
                    reason = ended.Text("reason") is { Length: > 0 } why ? why
                        : ended.Integer("signal") is > 0 and var signal ? $"Signal:{signal}" : $"ExitCode:{ended.Integer("exitCode")}";
                }
                else if (status.Flag("ready") == true && status.Object("state", "running") is not null) running = true;
            }
            if (reason == "Completed" && running)
            {
                reason = pod.Objects("status", "conditions").Any(c => c.Text("type") == "Ready" && c.Text("status") == "True") ? "Running" : "NotReady";
            }
        }
        if (pod.IsTerminating && pod.Text("status", "reason") == "NodeLost") return "Unknown";
        return pod.IsTerminating && pod.Text("status", "phase") is not ("Failed" or "Succeeded") ? "Terminating" : reason;
    }

    private static string Gates(JsonObject pod)
    {
        var gates = pod.Objects("spec", "readinessGates").Select(g => g.Text("conditionType")).ToList();
        if (gates.Count == 0) return "<none>";
        var passed = gates.Count(g => pod.Objects("status", "conditions").Any(c => c.Text("type") == g && c.Text("status") == "True"));
        return $"{passed}/{gates.Count}";
    }

    private static string Or(string? text) => string.IsNullOrEmpty(text) ? "<none>" : text;
}

/// <summary>The parts of a Job's row.</summary>
internal static class JobTable
{
    public static string Status(JsonObject job)
    {
        bool Has(string type) => job.Objects("status", "conditions").Any(c => c.Text("type") == type && c.Text("status") == "True");
        if (Has("Complete")) return "Complete";
        if (Has("Failed")) return "Failed";
        if (job.IsTerminating) return "Terminating";
        if (Has("Suspended")) return "Suspended";
        if (Has("FailureTarget")) return "FailureTarget";
        return Has("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
    }

    public static string Completions(JsonObject job)
    {
        var done = job.Integer("status", "succeeded") ?? 0;
        if (job.Integer("spec", "completions") is { } wanted) return $"{done}/{wanted}";
        var parallelism = job.Integer("spec", "parallelism") ?? 0;
        return parallelism > 1 ? $"{done}/1 of {parallelism}" : $"{done}/1";
    }

    public static string Duration(JsonObject job, DateTimeOffset now)
    {
        if (KubernetesTime.Parse(job.Text("status", "startTime")) is not { } start) return "";
        return Ages.Format((KubernetesTime.Parse(job.Text("status", "completionTime")) ?? now) - start);
    }
}
