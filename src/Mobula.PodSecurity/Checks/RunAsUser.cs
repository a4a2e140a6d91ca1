using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted since v1.23, Running as Non-root user: not user 0; since v1.35 only outside a user namespace of the pod's own.</summary>
internal static class RunAsUser
{
    public static readonly Check Check = new("runAsUser", PodSecurityLevel.Restricted,
        new CheckVariant(23, RunAsUserZero, Explain),
        new CheckVariant(35, RunAsUserZero, Explain) { ExemptBy = UserNamespace });

    private static Explanation Explain(PodDetails pod) => new(
        "runAsUser=0",
        $"{Phrases.Setters((pod.Pod.Traits & RunAsUserZero) != 0, pod.ContainersWith(RunAsUserZero))} must not set runAsUser=0");
}
