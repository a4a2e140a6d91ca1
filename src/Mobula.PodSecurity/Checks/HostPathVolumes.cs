using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, HostPath Volumes: none.</summary>
internal static class HostPathVolumes
{
    public const string Id = "hostPathVolumes";

    public static readonly Check Check = new(Id, PodSecurityLevel.Baseline, new CheckVariant(0, PodTraits.HostPathVolume, Explain));

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("hostPath volumes"u8);
        RestrictedVolumes.AddNames(in pod, PodTraits.HostPathVolume, ref text);
    }
}
