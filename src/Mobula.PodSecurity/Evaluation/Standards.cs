using System.Runtime.CompilerServices;
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
            .Select((check, index) => (Index: index, Check: check, Variant: check.Variants.LastOrDefault(v => v.SinceMinor <= minor)))
            .Where(c => c.Variant is not null && c.Check.Level <= level)
            .Select(c => new ActiveCheck(c.Index, c.Check, c.Variant!))
            .ToList();
        var overridden = active.SelectMany(c => c.Variant.Overrides).ToHashSet(StringComparer.Ordinal);
        return new([.. active
            .Where(c => !overridden.Contains(c.Check.Id))
            .OrderBy(c => c.Check.Level)
            .ThenBy(c => c.Check.Id, StringComparer.Ordinal)]);
    }
}

/// <summary>A check as it is at some version.</summary>
/// <param name="Index">Its place among <see cref="Standards.All"/>.</param>
/// <param name="Check">The check.</param>
/// <param name="Variant">What it demands at that version.</param>
internal readonly record struct ActiveCheck(int Index, Check Check, CheckVariant Variant);

/// <summary>The checks of a level at a version, in order.</summary>
internal sealed class Policy(ActiveCheck[] checks)
{
    // Nearly all pods pass, and hardly any is exempt; one comparison tells.
    private readonly PodTraits _violatedByAny = checks.Aggregate(PodTraits.None, (all, c) => all | c.Variant.ViolatedBy);

    private readonly PodTraits _exemptByAny = checks.Aggregate(PodTraits.None, (all, c) => all | c.Variant.ExemptBy);

    public IReadOnlyList<ActiveCheck> Checks => checks;

    public bool IsViolatedBy(PodTraits traits)
    {
        if ((traits & _violatedByAny) == 0) return false;
        if ((traits & _exemptByAny) == 0) return true;
        foreach (ref readonly var check in checks.AsSpan())
        {
            if (check.Variant.IsViolatedBy(traits)) return true;
        }
        return false;
    }

    [SkipLocalsInit]
    public PodSecurityVerdict Explain(scoped in PodDetails pod)
    {
        var text = new ViolationText(stackalloc byte[512], stackalloc ViolationPlace[16], stackalloc TextRange[16]);
        try
        {
            foreach (ref readonly var check in checks.AsSpan())
            {
                if (check.Variant.IsViolatedBy(pod.Traits)) text.Explain(check.Index, check.Variant.Explain, in pod);
            }
            return text.ToVerdict();
        }
        finally
        {
            text.Dispose();
        }
    }
}
