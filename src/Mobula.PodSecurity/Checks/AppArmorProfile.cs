using System.Text.Json;
using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, AppArmor: the profile is the runtime's or a local one, set by field or by annotation.</summary>
internal static class AppArmorProfile
{
    public static readonly Check Check = new("appArmorProfile", PodSecurityLevel.Baseline,
        new CheckVariant(0, AppArmorType | AppArmorAnnotation, Explain));

    internal static ReadOnlySpan<byte> AnnotationPrefix => "container.apparmor.security.beta.kubernetes.io/"u8;

    internal static bool AllowsType(ref readonly Utf8JsonReader type) =>
        type.ValueTextEquals("RuntimeDefault"u8) || type.ValueTextEquals("Localhost"u8);

    internal static bool AllowsAnnotation(ref readonly Utf8JsonReader value) =>
        value.TokenType == JsonTokenType.Null || value.ValueTextEquals(""u8) || value.ValueTextEquals("runtime/default"u8) ||
        JsonReading.TextStartsWith(in value, "localhost/"u8);

    private static Explanation Explain(PodDetails pod)
    {
        var ofPod = (pod.Pod.Traits & AppArmorType) != 0;
        var containers = pod.ContainersWith(AppArmorType);
        var types = Phrases.SortedSet(containers.Select(c => c.AppArmorType).Concat(ofPod ? [pod.Pod.AppArmorType] : []));
        var annotations = Phrases.SortedSet(
            pod.ForbiddenAppArmorAnnotations.Select(a => $"{a.Key}={Phrases.GoQuoted(a.Value)}"));
        return new(
            Phrases.Plural("forbidden AppArmor profile", "forbidden AppArmor profiles", types.Count + annotations.Count),
            $"{Phrases.Setters(ofPod, containers, annotations.Count)} must not set AppArmor profile type to {Phrases.Quoted([.. types, .. annotations])}");
    }
}
