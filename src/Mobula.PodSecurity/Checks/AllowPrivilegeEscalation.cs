using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted since v1.8, Privilege Escalation: every container rules it out.</summary>
internal static class AllowPrivilegeEscalation
{
    public static readonly Check Check = new("allowPrivilegeEscalation", PodSecurityLevel.Restricted,
        new CheckVariant(8, PrivilegeEscalation, Explain),
        new CheckVariant(25, PrivilegeEscalation, Explain) { ExemptBy = Windows });

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("allowPrivilegeEscalation != false"u8);
        text.Containers(in pod, PrivilegeEscalation);
        text.Add(" must set securityContext.allowPrivilegeEscalation=false"u8);
    }
}
