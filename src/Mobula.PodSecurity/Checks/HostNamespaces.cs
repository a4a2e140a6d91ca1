using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Host Namespaces: the pod shares neither the host's network nor its processes nor its IPC.</summary>
internal static class HostNamespaces
{
    public static readonly Check Check = new("hostNamespaces", PodSecurityLevel.Baseline,
        new CheckVariant(0, HostNetwork | HostPid | HostIpc, Explain));

    private static Explanation Explain(PodDetails pod)
    {
        List<string> shared = [];
        if ((pod.Traits & HostNetwork) != 0) shared.Add("hostNetwork=true");
        if ((pod.Traits & HostPid) != 0) shared.Add("hostPID=true");
        if ((pod.Traits & HostIpc) != 0) shared.Add("hostIPC=true");
        return new("host namespaces", string.Join(", ", shared));
    }
}
