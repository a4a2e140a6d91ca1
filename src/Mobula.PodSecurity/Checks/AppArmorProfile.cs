using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, AppArmor: the profile is the runtime's or a local one, set by field or by annotation.</summary>
internal static class AppArmorProfile
{
    public static readonly Check Check = new("appArmorProfile", PodSecurityLevel.Baseline,
        new CheckVariant(0, AppArmorType | AppArmorAnnotation, Explain));

    internal static ReadOnlySpan<byte> AnnotationPrefix => "container.apparmor.security.beta.kubernetes.io/"u8;

    internal static bool AllowsType(ReadOnlySpan<byte> type) => type.SequenceEqual("RuntimeDefault"u8) || type.SequenceEqual("Localhost"u8);

    internal static bool AllowsAnnotation(ReadOnlySpan<byte> value) =>
        value.IsEmpty || value.SequenceEqual("runtime/default"u8) || value.StartsWith("localhost/"u8);

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        var annotations = text.Collect(in pod, AppArmorAnnotation);
        var types = text.Collect(in pod, AppArmorType);
        text.Reason(types + annotations == 1 ? "forbidden AppArmor profile"u8 : "forbidden AppArmor profiles"u8);
        text.Setters(in pod, AppArmorType, annotations);
        text.Add(" must not set AppArmor profile type to "u8);
        text.AddCollected(in pod);
        text.Collect(in pod, AppArmorAnnotation);
        text.AddCollected(in pod, isFirst: types == 0);
    }
}
