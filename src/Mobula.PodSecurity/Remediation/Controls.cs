namespace Mobula.PodSecurity.Remediation;

/// <summary>The names of the controls in the Pod Security Standards.</summary>
public static class Controls
{
    /// <summary>The name of the control that a check enforces.</summary>
    public static string NameOf(string checkId) => checkId switch
    {
        "appArmorProfile" => "AppArmor",
        "capabilities_baseline" or "capabilities_restricted" => "Capabilities",
        "hostNamespaces" => "Host Namespaces",
        "hostPathVolumes" => "HostPath Volumes",
        "hostPorts" => "Host Ports",
        "hostProbesAndHostLifecycle" => "Host Probes / Lifecycle Hooks",
        "privileged" => "Privileged Containers",
        "procMount" or "procMount_restricted" => "/proc Mount Type",
        "seLinuxOptions" => "SELinux",
        "seccompProfile_baseline" or "seccompProfile_restricted" => "Seccomp",
        "sysctls" => "Sysctls",
        "windowsHostProcess" => "HostProcess",
        "allowPrivilegeEscalation" => "Privilege Escalation",
        "restrictedVolumes" => "Volume Types",
        "runAsNonRoot" => "Running as Non-root",
        "runAsUser" => "Running as Non-root user",
        _ => checkId,
    };
}
