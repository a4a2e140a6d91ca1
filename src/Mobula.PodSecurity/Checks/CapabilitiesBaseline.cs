using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Capabilities: only those that container runtimes give anyway may be added.</summary>
internal static class CapabilitiesBaseline
{
    public const string Id = "capabilities_baseline";

    public static readonly Check Check = new(Id, PodSecurityLevel.Baseline, new CheckVariant(0, CapabilityBeyondBaseline, Explain));

    internal static bool Allows(ReadOnlySpan<byte> capability) => capability.Length switch
    {
        4 => capability.SequenceEqual("KILL"u8),
        5 => capability.SequenceEqual("CHOWN"u8) || capability.SequenceEqual("MKNOD"u8),
        6 => capability.SequenceEqual("FOWNER"u8) || capability.SequenceEqual("FSETID"u8) || capability.SequenceEqual("SETGID"u8) ||
            capability.SequenceEqual("SETUID"u8),
        7 => capability.SequenceEqual("SETFCAP"u8) || capability.SequenceEqual("SETPCAP"u8),
        10 => capability.SequenceEqual("SYS_CHROOT"u8),
        11 => capability.SequenceEqual("AUDIT_WRITE"u8),
        12 => capability.SequenceEqual("DAC_OVERRIDE"u8),
        16 => capability.SequenceEqual("NET_BIND_SERVICE"u8),
        _ => false,
    };

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("non-default capabilities"u8);
        text.Containers(in pod, CapabilityBeyondBaseline);
        text.Add(" must not include "u8);
        text.Collect(in pod, CapabilityBeyondBaseline);
        text.AddCollected(in pod);
        text.Add(" in securityContext.capabilities.add"u8);
    }
}
