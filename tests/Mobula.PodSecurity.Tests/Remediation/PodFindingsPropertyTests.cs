using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Remediation;
using Mobula.PodSecurity.Tests.Evaluation;

namespace Mobula.PodSecurity.Tests.Remediation;

/// <summary>What must hold of findings for any pod, tried on a thousand random ones at several policies.</summary>
public sealed class PodFindingsPropertyTests
{
    private static readonly LevelVersion[] Policies =
        [.. new[] { PodSecurityLevel.Baseline, PodSecurityLevel.Restricted }.SelectMany(l => new long[] { 0, 8, 19, 22, 25, 31, 34, 37 }.Select(m => new LevelVersion(l, PodSecurityVersion.OfMinor(m))))];

    private static readonly JsonObject[] Pods = [.. VerdictTable.ReadVendored("podsecurity-random-a.jsonl.gz").Select(r => r.Object("pod")!)];

    [Fact]
    public void Every_violated_check_has_a_finding_and_no_other_has()
    {
        foreach (var pod in Pods)
        {
            foreach (var policy in Policies)
            {
                var violated = PodSecurityEvaluator.Default.Evaluate(pod.ToUtf8(), policy).Violations.Select(v => v.CheckId);
                var found = PodFindings.Of(pod, policy, PodSecurityEvaluator.Default).Select(f => f.CheckId).Distinct();
                Assert.Equal(violated, found);
            }
        }
    }

    [Fact]
    public void Edits_leave_only_what_was_told_and_making_them_again_changes_nothing()
    {
        foreach (var pod in Pods)
        {
            foreach (var policy in Policies)
            {
                var findings = PodFindings.Of(pod, policy, PodSecurityEvaluator.Default);
                var mended = pod.Clone();
                foreach (var finding in findings) finding.Edit?.Apply(mended);
                var left = PodFindings.Of(mended, policy, PodSecurityEvaluator.Default);
                Assert.All(left, f => Assert.Null(f.Edit));
                var told = findings.Where(f => f.Edit is null).Select(f => (f.CheckId, f.At.ToString())).ToHashSet();
                Assert.All(left, f => Assert.Contains((f.CheckId, f.At.ToString()), told));
            }
        }
    }

    [Fact]
    public void Operator_defaults_only_ever_remove_violations()
    {
        foreach (var pod in Pods.Where(p => p.Object("spec") is not null))
        {
            var hardened = pod.Clone();
            PodSecurityDefaults.Apply(hardened.Ensure("spec"));
            foreach (var policy in Policies)
            {
                var before = PodSecurityEvaluator.Default.Evaluate(pod.ToUtf8(), policy).Violations.Select(v => v.CheckId);
                var after = PodSecurityEvaluator.Default.Evaluate(hardened.ToUtf8(), policy).Violations.Select(v => v.CheckId);
                Assert.Empty(after.Except(before));
            }
        }
    }
}
