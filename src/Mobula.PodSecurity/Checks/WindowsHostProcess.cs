using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, HostProcess: no Windows container runs as a process of the host.</summary>
internal static class WindowsHostProcess
{
    public static readonly Check Check = new("windowsHostProcess", PodSecurityLevel.Baseline, new CheckVariant(0, PodTraits.HostProcess, Explain));

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("hostProcess"u8);
        text.Setters(in pod, PodTraits.HostProcess);
        text.Add(" must not set securityContext.windowsOptions.hostProcess=true"u8);
    }
}
