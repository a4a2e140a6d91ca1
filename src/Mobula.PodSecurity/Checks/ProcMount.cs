using System.Text.Json;
using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, /proc Mount Type: the default masks; since v1.35 a pod in a user namespace of its own may unmask.</summary>
internal static class ProcMount
{
    public const string Id = "procMount";

    public static readonly Check Check = new(Id, PodSecurityLevel.Baseline,
        new CheckVariant(0, PodTraits.ProcMount, Explain),
        new CheckVariant(35, PodTraits.ProcMount, Explain) { ExemptBy = PodTraits.UserNamespace });

    internal static bool Allows(ref readonly Utf8JsonReader value) => value.ValueTextEquals("Default"u8);

    internal static Explanation Explain(PodDetails pod)
    {
        var containers = pod.ContainersWith(PodTraits.ProcMount);
        return new("procMount",
            $"{Phrases.Containers(containers)} must not set securityContext.procMount to {Phrases.Quoted(Phrases.SortedSet(containers.Select(c => c.ProcMount)))}");
    }
}
