using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Host Namespaces: the pod shares neither the host's network nor its processes nor its IPC.</summary>
internal static class HostNamespaces
{
    public static readonly Check Check = new("hostNamespaces", PodSecurityLevel.Baseline,
        new CheckVariant(0, HostNetwork | HostPid | HostIpc, Explain));

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("host namespaces"u8);
        var isFirst = true;
        foreach (var shared in (ReadOnlySpan<PodTraits>)[HostNetwork, HostPid, HostIpc])
        {
            if ((pod.Traits & shared) == 0) continue;
            text.AddListed(shared == HostNetwork ? "hostNetwork=true"u8 : shared == HostPid ? "hostPID=true"u8 : "hostIPC=true"u8, quoted: false, isFirst);
            isFirst = false;
        }
    }
}
