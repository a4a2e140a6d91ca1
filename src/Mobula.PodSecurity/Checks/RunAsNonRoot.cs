using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted, Running as Non-root: demanded; since v1.35 not in a user namespace of the pod's own.</summary>
internal static class RunAsNonRoot
{
    public static readonly Check Check = new("runAsNonRoot", PodSecurityLevel.Restricted,
        new CheckVariant(0, RunAsNonRootFalse | RunAsNonRootMissing, Explain),
        new CheckVariant(35, RunAsNonRootFalse | RunAsNonRootMissing, Explain) { ExemptBy = UserNamespace });

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("runAsNonRoot != true"u8);
        if ((pod.Traits & RunAsNonRootFalse) != 0)
        {
            text.Setters(in pod, RunAsNonRootFalse);
            text.Add(" must not set securityContext.runAsNonRoot=false"u8);
            return;
        }
        text.Add("pod or "u8);
        text.Containers(in pod, RunAsNonRootUnset);
        text.Add(" must set securityContext.runAsNonRoot=true"u8);
    }
}
