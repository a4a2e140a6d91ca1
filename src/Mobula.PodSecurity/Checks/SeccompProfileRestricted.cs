using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted, Seccomp: every container has a profile, its own or the pod's.</summary>
internal static class SeccompProfileRestricted
{
    public static readonly Check Check = new("seccompProfile_restricted", PodSecurityLevel.Restricted,
        new CheckVariant(19, SeccompType | SeccompMissing, Explain) { Overrides = [SeccompProfileBaseline.Id] },
        new CheckVariant(25, SeccompType | SeccompMissing, Explain) { Overrides = [SeccompProfileBaseline.Id], ExemptBy = Windows });

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        if ((pod.Traits & SeccompType) != 0)
        {
            SeccompProfileBaseline.ExplainTypes(in pod, ref text);
            return;
        }
        text.Reason("seccompProfile"u8);
        text.Add("pod or "u8);
        text.Containers(in pod, SeccompUnset);
        text.Add(" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""u8);
    }
}
