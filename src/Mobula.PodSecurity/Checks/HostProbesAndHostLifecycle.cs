using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline since v1.34, Host Probes / Lifecycle Hooks: probes and hooks name no host, so that they reach only the pod.</summary>
internal static class HostProbesAndHostLifecycle
{
    public static readonly Check Check = new("hostProbesAndHostLifecycle", PodSecurityLevel.Baseline,
        new CheckVariant(34, ProbeOrLifecycleHost, Explain));

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("probe or lifecycle host"u8);
        var names = text.CollectNames(in pod, ProbeOrLifecycleHost);
        text.Add(names == 1 ? "container "u8 : "containers "u8);
        text.AddCollected(in pod);
        text.Add(names == 1 ? " uses probe or lifecycle "u8 : " use probe or lifecycle "u8);
        text.Add(text.Collect(in pod, ProbeOrLifecycleHost) == 1 ? "host "u8 : "hosts "u8);
        text.AddCollected(in pod);
    }
}
