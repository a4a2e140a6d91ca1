using System.Text.Json;
using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, SELinux: a container type, and neither user nor role. Since v1.31 also <c>container_engine_t</c>.</summary>
internal static class SELinuxOptions
{
    public static readonly Check Check = new("seLinuxOptions", PodSecurityLevel.Baseline,
        new CheckVariant(0, SELinuxAny | SELinuxTypeEngine, pod => Explain(pod, SELinuxTypeOther | SELinuxTypeEngine)),
        new CheckVariant(31, SELinuxAny, pod => Explain(pod, SELinuxTypeOther)));

    internal static PodTraits Classify(ref readonly Utf8JsonReader type) =>
        type.ValueTextEquals(""u8) || type.ValueTextEquals("container_t"u8) || type.ValueTextEquals("container_init_t"u8) ||
        type.ValueTextEquals("container_kvm_t"u8) ? None
        : type.ValueTextEquals("container_engine_t"u8) ? SELinuxTypeEngine : SELinuxTypeOther;

    private static Explanation Explain(PodDetails pod, PodTraits badType)
    {
        var bad = badType | SELinuxUser | SELinuxRole;
        var ofPod = (pod.Pod.Traits & bad) != 0;
        var containers = pod.ContainersWith(bad);
        List<SecuritySettings> setters = [.. containers];
        if (ofPod) setters.Add(pod.Pod);
        List<string> parts = [];
        var types = Phrases.SortedSet(setters.Where(s => (s.Traits & badType) != 0).Select(s => s.SELinuxType));
        if (types.Count > 0) parts.Add($"{Phrases.Plural("type", "types", types.Count)} {Phrases.Quoted(types)}");
        if (setters.Exists(s => (s.Traits & SELinuxUser) != 0)) parts.Add("user may not be set");
        if (setters.Exists(s => (s.Traits & SELinuxRole) != 0)) parts.Add("role may not be set");
        return new("seLinuxOptions",
            $"{Phrases.Setters(ofPod, containers)} set forbidden securityContext.seLinuxOptions: {string.Join("; ", parts)}");
    }
}
