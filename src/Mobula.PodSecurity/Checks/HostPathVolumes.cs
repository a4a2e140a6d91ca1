using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, HostPath Volumes: none.</summary>
internal static class HostPathVolumes
{
    public const string Id = "hostPathVolumes";

    public static readonly Check Check = new(Id, PodSecurityLevel.Baseline, new CheckVariant(0, PodTraits.HostPathVolume, Explain));

    private static Explanation Explain(PodDetails pod)
    {
        List<string> names = [.. pod.Volumes.Where(v => v.IsHostPath).Select(v => v.Name)];
        return new("hostPath volumes", $"{Phrases.Plural("volume", "volumes", names.Count)} {Phrases.Quoted(names)}");
    }
}
