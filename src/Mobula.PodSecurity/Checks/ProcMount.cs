using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, /proc Mount Type: the default masks; since v1.35 a pod in a user namespace of its own may unmask.</summary>
internal static class ProcMount
{
    public const string Id = "procMount";

    public static readonly Check Check = new(Id, PodSecurityLevel.Baseline,
        new CheckVariant(0, PodTraits.ProcMount, Explain),
        new CheckVariant(35, PodTraits.ProcMount, Explain) { ExemptBy = PodTraits.UserNamespace });

    internal static bool Allows(ReadOnlySpan<byte> value) => value.SequenceEqual("Default"u8);

    internal static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("procMount"u8);
        text.Containers(in pod, PodTraits.ProcMount);
        text.Add(" must not set securityContext.procMount to "u8);
        text.Collect(in pod, PodTraits.ProcMount);
        text.AddCollected(in pod);
    }
}
