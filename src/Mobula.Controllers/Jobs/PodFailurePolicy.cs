using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Jobs;

/// <summary>What a job's policy says of a pod that failed.</summary>
/// <param name="Action"><c>FailJob</c>, <c>FailIndex</c>, <c>Ignore</c> or <c>Count</c>; null when no rule matches.</param>
/// <param name="Message">Why the job fails, for <c>FailJob</c>.</param>
internal readonly record struct FailureVerdict(string? Action, string? Message)
{
    public bool Counts => Action != "Ignore";
}

/// <summary>The field <c>spec.podFailurePolicy</c>.</summary>
internal static class PodFailurePolicy
{
    public static FailureVerdict Match(JsonObject job, JsonObject pod)
    {
        var index = -1;
        foreach (var rule in job.Objects("spec", "podFailurePolicy", "rules"))
        {
            index++;
            var action = rule.Text("action");
            if (rule.Object("onExitCodes") is { } codes)
            {
                if (MatchingContainer(codes, pod) is not { } status) continue;
                return new(action, $"Container {status.Text("name")} for pod {pod.Namespace}/{pod.Name} failed with exit code {status.Integer("state", "terminated", "exitCode")} matching {action} rule at index {index}");
            }
            foreach (var pattern in rule.Objects("onPodConditions"))
            {
                var type = pattern.Text("type") ?? "";
                if ((Conditions.Find(pod, type)?.Text("status") ?? "") != (pattern.Text("status") is { Length: > 0 } s ? s : "True")) continue;
                return new(action, $"Pod {pod.Namespace}/{pod.Name} has condition {type} matching {action} rule at index {index}");
            }
        }
        return new(null, null);
    }

    private static JsonObject? MatchingContainer(JsonObject codes, JsonObject pod)
    {
        var wanted = (codes.List("values") ?? []).Select(v => long.Parse(v!.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
        var name = codes.Text("containerName");
        return pod.Objects("status", "containerStatuses").Concat(pod.Objects("status", "initContainerStatuses")).FirstOrDefault(s =>
            (name is null || s.Text("name") == name)
            && s.Integer("state", "terminated", "exitCode") is { } code && code != 0
            && (codes.Text("operator") == "NotIn" ? !wanted.Contains(code) : wanted.Contains(code)));
    }
}
