using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Privileged Containers: none.</summary>
internal static class PrivilegedContainers
{
    public static readonly Check Check = new("privileged", PodSecurityLevel.Baseline, new CheckVariant(0, PodTraits.Privileged, Explain));

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("privileged"u8);
        text.Containers(in pod, PodTraits.Privileged);
        text.Add(" must not set securityContext.privileged=true"u8);
    }
}
