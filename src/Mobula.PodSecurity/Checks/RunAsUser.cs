using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted since v1.23, Running as Non-root user: not user 0; since v1.35 only outside a user namespace of the pod's own.</summary>
internal static class RunAsUser
{
    public static readonly Check Check = new("runAsUser", PodSecurityLevel.Restricted,
        new CheckVariant(23, RunAsUserZero, Explain),
        new CheckVariant(35, RunAsUserZero, Explain) { ExemptBy = UserNamespace });

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("runAsUser=0"u8);
        text.Setters(in pod, RunAsUserZero);
        text.Add(" must not set runAsUser=0"u8);
    }
}
