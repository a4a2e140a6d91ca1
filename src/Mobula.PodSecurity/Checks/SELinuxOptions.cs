using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, SELinux: a container type, and neither user nor role. Since v1.31 also <c>container_engine_t</c>.</summary>
internal static class SELinuxOptions
{
    public static readonly Check Check = new("seLinuxOptions", PodSecurityLevel.Baseline,
        new CheckVariant(0, SELinuxAny | SELinuxTypeEngine, ExplainBeforeEngine),
        new CheckVariant(31, SELinuxAny, ExplainSinceEngine));

    internal static PodTraits Classify(ReadOnlySpan<byte> type) =>
        type.IsEmpty || type.SequenceEqual("container_t"u8) || type.SequenceEqual("container_init_t"u8) || type.SequenceEqual("container_kvm_t"u8) ? None
        : type.SequenceEqual("container_engine_t"u8) ? SELinuxTypeEngine : SELinuxTypeOther;

    private static void ExplainBeforeEngine(scoped in PodDetails pod, scoped ref ViolationText text) => Explain(in pod, SELinuxTypeOther | SELinuxTypeEngine, ref text);

    private static void ExplainSinceEngine(scoped in PodDetails pod, scoped ref ViolationText text) => Explain(in pod, SELinuxTypeOther, ref text);

    private static void Explain(scoped in PodDetails pod, PodTraits badType, scoped ref ViolationText text)
    {
        text.Reason("seLinuxOptions"u8);
        text.Setters(in pod, badType | SELinuxUser | SELinuxRole);
        text.Add(" set forbidden securityContext.seLinuxOptions: "u8);
        var types = text.Collect(in pod, badType);
        if (types > 0)
        {
            text.Add(types == 1 ? "type "u8 : "types "u8);
            text.AddCollected(in pod);
        }
        if ((pod.Traits & SELinuxUser) != 0) text.AddPart("user may not be set"u8, isFirst: types == 0);
        if ((pod.Traits & SELinuxRole) != 0) text.AddPart("role may not be set"u8, isFirst: types == 0 && (pod.Traits & SELinuxUser) == 0);
    }
}
