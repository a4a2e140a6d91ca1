using Mobula.Cli.CommandLine;
using Mobula.PodSecurity.Guidance;

namespace Mobula.Cli.Explanations;

/// <summary>Finds the controls that a name, or a pasted refusal, is about.</summary>
internal static class ControlSearch
{
    // What Kubernetes says of each check; the longer of two that overlap must be looked for first.
    private static readonly (string CheckId, string[] Reasons)[] Reasons =
    [
        ("appArmorProfile", ["forbidden AppArmor profile"]),
        ("capabilities_baseline", ["non-default capabilities"]),
        ("hostNamespaces", ["host namespaces"]),
        ("hostPathVolumes", ["hostPath volume"]),
        ("hostPorts", ["hostPort"]),
        ("hostProbesAndHostLifecycle", ["probe or lifecycle host", "hostProbesAndHostLifecycle"]),
        ("privileged", ["privileged (", "securityContext.privileged"]),
        ("procMount", ["procMount"]),
        ("seLinuxOptions", ["seLinuxOptions"]),
        ("sysctls", ["forbidden sysctl"]),
        ("windowsHostProcess", ["hostProcess ("]),
        ("allowPrivilegeEscalation", ["allowPrivilegeEscalation != false", "allowPrivilegeEscalation=false"]),
        ("capabilities_restricted", ["unrestricted capabilities"]),
        ("restrictedVolumes", ["restricted volume type"]),
        ("runAsNonRoot", ["runAsNonRoot != true", "runAsNonRoot=true"]),
        ("runAsUser", ["runAsUser=0"]),
        ("seccompProfile_restricted", ["seccompProfile"]),
    ];

    // Words people use for what the standards call otherwise.
    private static readonly (string Word, string CheckId)[] Aliases =
    [
        ("capabilities", "capabilities_restricted"), ("capability", "capabilities_restricted"), ("drop", "capabilities_restricted"), ("caps", "capabilities_restricted"),
        ("seccomp", "seccompProfile_restricted"), ("seccompProfile", "seccompProfile_restricted"), ("root", "runAsNonRoot"), ("nonroot", "runAsNonRoot"),
        ("hostPath", "hostPathVolumes"), ("volumes", "restrictedVolumes"), ("volume", "restrictedVolumes"), ("hostPort", "hostPorts"), ("apparmor", "appArmorProfile"),
        ("selinux", "seLinuxOptions"), ("sysctl", "sysctls"), ("hostNetwork", "hostNamespaces"), ("hostPID", "hostNamespaces"), ("hostIPC", "hostNamespaces"),
        ("hostProcess", "windowsHostProcess"), ("privilegeEscalation", "allowPrivilegeEscalation"), ("no_new_privs", "allowPrivilegeEscalation"),
        ("probes", "hostProbesAndHostLifecycle"), ("lifecycle", "hostProbesAndHostLifecycle"),
    ];

    /// <summary>The controls of a name (several checks may enforce one), or those named in a refusal, in the standards' order.</summary>
    public static IReadOnlyList<ControlGuide> Find(string text)
    {
        var name = Normal(text);
        if (name.Length == 0) return [];
        if (ControlGuide.All.FirstOrDefault(g => Normal(g.CheckId) == name) is { } exact) return [exact];
        var byControl = ControlGuide.All.Where(g => Normal(g.Control) == name).ToList();
        if (byControl.Count > 0) return byControl;
        if (Array.Find(Aliases, a => Normal(a.Word) == name) is { CheckId: { } id }) return ControlGuide.All.Where(g => g.Control == ControlGuide.Of(id).Control).ToList();
        var said = Reasons.Where(r => r.Reasons.Any(words => text.Contains(words, StringComparison.OrdinalIgnoreCase))).Select(r => r.CheckId).ToHashSet(StringComparer.Ordinal);
        // A refusal by baseline has no restricted check in it.
        if (said.Contains("seccompProfile_restricted") && text.Contains("\"baseline:", StringComparison.Ordinal))
        {
            said.Remove("seccompProfile_restricted");
            said.Add("seccompProfile_baseline");
        }
        return [.. ControlGuide.All.Where(g => said.Contains(g.CheckId))];
    }

    /// <summary>The names nearest to one that there is not.</summary>
    public static IReadOnlyList<string> Nearest(string text)
    {
        var name = text.Trim();
        if (name.Length > 60) return [];
        var names = ControlGuide.All.SelectMany(g => new[] { g.CheckId, g.Control }).Concat(Aliases.Select(a => a.Word)).Distinct(StringComparer.OrdinalIgnoreCase);
        return [.. names
            .Select(n => (Name: n, Edits: NearestName.Edits(Normal(name), Normal(n))))
            .Where(n => n.Edits <= Math.Max(2, n.Name.Length / 3) || (name.Length > 3 && Normal(n.Name).Contains(Normal(name), StringComparison.Ordinal)))
            .OrderBy(n => n.Edits).Take(3).Select(n => n.Name)];
    }

    private static string Normal(string text) => string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
}
