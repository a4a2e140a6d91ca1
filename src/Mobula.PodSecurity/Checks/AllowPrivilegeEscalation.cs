using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted since v1.8, Privilege Escalation: every container rules it out.</summary>
internal static class AllowPrivilegeEscalation
{
    public static readonly Check Check = new("allowPrivilegeEscalation", PodSecurityLevel.Restricted,
        new CheckVariant(8, PrivilegeEscalation, Explain),
        new CheckVariant(25, PrivilegeEscalation, Explain) { ExemptBy = Windows });

    private static Explanation Explain(PodDetails pod) => new(
        "allowPrivilegeEscalation != false",
        $"{Phrases.Containers(pod.ContainersWith(PrivilegeEscalation))} must set securityContext.allowPrivilegeEscalation=false");
}
