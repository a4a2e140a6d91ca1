using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Host Ports: no container takes a port of the host.</summary>
internal static class HostPorts
{
    public static readonly Check Check = new("hostPorts", PodSecurityLevel.Baseline, new CheckVariant(0, HostPort, Explain));

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("hostPort"u8);
        text.Add(text.Containers(in pod, HostPort) == 1 ? " uses "u8 : " use "u8);
        text.Add(text.Collect(in pod, HostPort) == 1 ? "hostPort "u8 : "hostPorts "u8);
        text.AddCollected(in pod, quoted: false);
    }
}
