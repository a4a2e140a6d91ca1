using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Privileged Containers: none.</summary>
internal static class PrivilegedContainers
{
    public static readonly Check Check = new("privileged", PodSecurityLevel.Baseline,
        new CheckVariant(0, PodTraits.Privileged, pod => new("privileged",
            $"{Phrases.Containers(pod.ContainersWith(PodTraits.Privileged))} must not set securityContext.privileged=true")));
}
