using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Seccomp: not unconfined. Before v1.19 annotations said so, since then fields.</summary>
internal static class SeccompProfileBaseline
{
    public const string Id = "seccompProfile_baseline";

    public static readonly Check Check = new(Id, PodSecurityLevel.Baseline,
        new CheckVariant(0, SeccompAnnotation, ExplainAnnotations),
        new CheckVariant(19, SeccompType, ExplainTypes));

    internal static ReadOnlySpan<byte> PodAnnotation => "seccomp.security.alpha.kubernetes.io/pod"u8;

    internal static ReadOnlySpan<byte> ContainerAnnotationPrefix => "container.seccomp.security.alpha.kubernetes.io/"u8;

    internal static bool AllowsType(ReadOnlySpan<byte> type) => type.SequenceEqual("RuntimeDefault"u8) || type.SequenceEqual("Localhost"u8);

    internal static bool AllowsAnnotation(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("runtime/default"u8) || value.SequenceEqual("docker/default"u8) || value.StartsWith("localhost/"u8);

    internal static void ExplainTypes(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("seccompProfile"u8);
        text.Setters(in pod, SeccompType);
        text.Add(" must not set securityContext.seccompProfile.type to "u8);
        text.Collect(in pod, SeccompType);
        text.AddCollected(in pod);
    }

    private static void ExplainAnnotations(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("seccompProfile"u8);
        text.Add(text.Collect(in pod, SeccompAnnotation) == 1 ? "forbidden annotation "u8 : "forbidden annotations "u8);
        text.AddCollected(in pod, quoted: false);
    }
}
