using Mobula.PodSecurity.Checks;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>All checks, and which of them a policy runs, in the order in which Kubernetes tells them.</summary>
internal static class Standards
{
    public static readonly IReadOnlyList<Check> All =
    [
        AppArmorProfile.Check, CapabilitiesBaseline.Check, HostNamespaces.Check, HostPathVolumes.Check, HostPorts.Check,
        HostProbesAndHostLifecycle.Check, PrivilegedContainers.Check, ProcMount.Check, SELinuxOptions.Check,
        SeccompProfileBaseline.Check, Sysctls.Check, WindowsHostProcess.Check,
        AllowPrivilegeEscalation.Check, CapabilitiesRestricted.Check, ProcMountRestricted.Check, RestrictedVolumes.Check,
        RunAsNonRoot.Check, RunAsUser.Check, SeccompProfileRestricted.Check,
    ];

    /// <summary>The minor version of the newest change; newer versions are evaluated as this one.</summary>
    public static readonly int NewestMinor = All.SelectMany(c => c.Variants).Max(v => v.SinceMinor);

    private static readonly Policy[] BaselinePolicies = [.. Enumerable.Range(0, NewestMinor + 1).Select(m => MakePolicy(PodSecurityLevel.Baseline, m))];
    private static readonly Policy[] RestrictedPolicies = [.. Enumerable.Range(0, NewestMinor + 1).Select(m => MakePolicy(PodSecurityLevel.Restricted, m))];

    /// <summary>The checks of baseline or restricted at a minor version, which is at most <see cref="NewestMinor"/>.</summary>
    public static Policy For(PodSecurityLevel level, int minor) =>
        (level == PodSecurityLevel.Baseline ? BaselinePolicies : RestrictedPolicies)[minor];

    private static Policy MakePolicy(PodSecurityLevel level, int minor)
    {
        var active = All
            .Select(c => (Check: c, Variant: c.Variants.LastOrDefault(v => v.SinceMinor <= minor)))
            .Where(c => c.Variant is not null && c.Check.Level <= level)
            .Select(c => new ActiveCheck(c.Check, c.Variant!))
            .ToList();
        var overridden = active.SelectMany(c => c.Variant.Overrides).ToHashSet(StringComparer.Ordinal);
        return new([.. active
            .Where(c => !overridden.Contains(c.Check.Id))
            .OrderBy(c => c.Check.Level)
            .ThenBy(c => c.Check.Id, StringComparer.Ordinal)]);
    }
}

/// <summary>A check as it is at some version.</summary>
internal readonly record struct ActiveCheck(Check Check, CheckVariant Variant);

/// <summary>The checks of a level at a version, in order.</summary>
internal sealed class Policy(ActiveCheck[] checks)
{
    // Nearly all pods pass; one comparison tells.
    private readonly PodTraits _violatedByAny = checks.Aggregate(PodTraits.None, (all, c) => all | c.Variant.ViolatedBy);

    public IReadOnlyList<ActiveCheck> Checks => checks;

    public bool IsViolatedBy(PodTraits traits)
    {
        if ((traits & _violatedByAny) == 0) return false;
        foreach (var check in checks)
        {
            if (check.Variant.IsViolatedBy(traits)) return true;
        }
        return false;
    }

    public PodSecurityViolation[] Violations(PodDetails pod)
    {
        List<PodSecurityViolation> violations = [];
        foreach (var check in checks)
        {
            if (!check.Variant.IsViolatedBy(pod.Traits)) continue;
            var (reason, detail) = check.Variant.Explain(pod);
            violations.Add(new(check.Check.Id, reason, detail));
        }
        return [.. violations];
    }
}
