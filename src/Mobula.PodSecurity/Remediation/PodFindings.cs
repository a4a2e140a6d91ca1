using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Remediation;

/// <summary>Says of a pod which fields a policy refuses or misses, and how to mend each.</summary>
public static class PodFindings
{
    /// <summary>The findings, in the order of Kubernetes' checks; none for a pod that passes.</summary>
    /// <param name="pod">An object with <c>metadata</c> and <c>spec</c>.</param>
    /// <param name="policy">The level and its version.</param>
    /// <param name="evaluator">Judges the pod.</param>
    /// <param name="isShared">Whether a container is not the author's own, so that it does not count for settings of the whole pod.</param>
    /// <exception cref="System.Text.Json.JsonException">A field has a value of another type than a pod's.</exception>
    public static IReadOnlyList<PodFinding> Of(JsonObject pod, LevelVersion policy, PodSecurityEvaluator evaluator, Func<FieldPath, bool>? isShared = null)
    {
        if (evaluator.PolicyFor(policy) is not { } checks) return [];
        List<PodFinding> findings = [];
        foreach (var violation in evaluator.Evaluate(pod.ToUtf8(), policy).Violations)
        {
            var variant = checks.Checks.First(c => c.Check.Id == violation.CheckId).Variant;
            var report = new CheckReport(violation, findings);
            if (!HardeningFindings.TryAdd(report, pod, variant, isShared ?? (static _ => false))) HostAccessFindings.Add(report, pod, variant);
        }
        return findings;
    }
}

/// <summary>Takes the findings of one check.</summary>
internal sealed class CheckReport(PodSecurityViolation violation, List<PodFinding> findings)
{
    public string CheckId => violation.CheckId;

    public void Fix(PodContainer container, FieldPath at, JsonNode value, string advice) =>
        findings.Add(new(violation.CheckId, Controls.NameOf(violation.CheckId), violation.Reason, container.Name, at, advice) { Detail = violation.Detail, Edit = new(at, value) });

    public void Tell(string? container, FieldPath at, string advice) =>
        findings.Add(new(violation.CheckId, Controls.NameOf(violation.CheckId), violation.Reason, container, at, advice) { Detail = violation.Detail });
}
