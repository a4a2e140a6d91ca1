using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted since v1.35, /proc Mount Type: the default masks, in a user namespace too.</summary>
internal static class ProcMountRestricted
{
    public static readonly Check Check = new("procMount_restricted", PodSecurityLevel.Restricted,
        new CheckVariant(35, PodTraits.ProcMount, ProcMount.Explain) { Overrides = [ProcMount.Id] });
}
