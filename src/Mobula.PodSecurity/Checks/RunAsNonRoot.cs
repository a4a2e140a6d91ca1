using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted, Running as Non-root: demanded; since v1.35 not in a user namespace of the pod's own.</summary>
internal static class RunAsNonRoot
{
    public static readonly Check Check = new("runAsNonRoot", PodSecurityLevel.Restricted,
        new CheckVariant(0, RunAsNonRootFalse | RunAsNonRootMissing, Explain),
        new CheckVariant(35, RunAsNonRootFalse | RunAsNonRootMissing, Explain) { ExemptBy = UserNamespace });

    private static Explanation Explain(PodDetails pod)
    {
        const string reason = "runAsNonRoot != true";
        if ((pod.Traits & RunAsNonRootFalse) == 0)
        {
            return new(reason, $"pod or {Phrases.Containers(pod.ContainersWith(RunAsNonRootUnset))} must set securityContext.runAsNonRoot=true");
        }
        var setters = Phrases.Setters((pod.Pod.Traits & RunAsNonRootFalse) != 0, pod.ContainersWith(RunAsNonRootFalse));
        return new(reason, $"{setters} must not set securityContext.runAsNonRoot=false");
    }
}
