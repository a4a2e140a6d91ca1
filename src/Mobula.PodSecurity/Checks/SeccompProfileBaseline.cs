using System.Text.Json;
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

    internal static bool AllowsType(ref readonly Utf8JsonReader type) =>
        type.ValueTextEquals("RuntimeDefault"u8) || type.ValueTextEquals("Localhost"u8);

    internal static bool AllowsAnnotation(ref readonly Utf8JsonReader value) =>
        value.TokenType != JsonTokenType.Null && (value.ValueTextEquals("runtime/default"u8) ||
        value.ValueTextEquals("docker/default"u8) || JsonReading.TextStartsWith(in value, "localhost/"u8));

    internal static Explanation ExplainTypes(PodDetails pod)
    {
        var ofPod = (pod.Pod.Traits & SeccompType) != 0;
        var containers = pod.ContainersWith(SeccompType);
        var types = Phrases.SortedSet(containers.Select(c => c.SeccompType).Concat(ofPod ? [pod.Pod.SeccompType] : []));
        return new("seccompProfile",
            $"{Phrases.Setters(ofPod, containers)} must not set securityContext.seccompProfile.type to {Phrases.Quoted(types)}");
    }

    private static Explanation ExplainAnnotations(PodDetails pod)
    {
        var forbidden = Phrases.SortedSet(pod.ForbiddenSeccompAnnotations.Select(a => $"{a.Key}={Phrases.GoQuoted(a.Value)}"));
        return new("seccompProfile",
            $"forbidden {Phrases.Plural("annotation", "annotations", forbidden.Count)} {string.Join(", ", forbidden)}");
    }
}
