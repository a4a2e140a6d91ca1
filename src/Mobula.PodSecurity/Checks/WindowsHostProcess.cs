using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, HostProcess: no Windows container runs as a process of the host.</summary>
internal static class WindowsHostProcess
{
    public static readonly Check Check = new("windowsHostProcess", PodSecurityLevel.Baseline,
        new CheckVariant(0, PodTraits.HostProcess, pod => new("hostProcess",
            $"{Phrases.Setters((pod.Pod.Traits & PodTraits.HostProcess) != 0, pod.ContainersWith(PodTraits.HostProcess))} " +
            "must not set securityContext.windowsOptions.hostProcess=true")));
}
