using System.Text.Json;
using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Capabilities: only those that container runtimes give anyway may be added.</summary>
internal static class CapabilitiesBaseline
{
    public const string Id = "capabilities_baseline";

    public static readonly Check Check = new(Id, PodSecurityLevel.Baseline, new CheckVariant(0, CapabilityBeyondBaseline, Explain));

    internal static bool Allows(ref readonly Utf8JsonReader capability) =>
        capability.ValueTextEquals("NET_BIND_SERVICE"u8) || capability.ValueTextEquals("CHOWN"u8) ||
        capability.ValueTextEquals("AUDIT_WRITE"u8) || capability.ValueTextEquals("DAC_OVERRIDE"u8) ||
        capability.ValueTextEquals("FOWNER"u8) || capability.ValueTextEquals("FSETID"u8) ||
        capability.ValueTextEquals("KILL"u8) || capability.ValueTextEquals("MKNOD"u8) ||
        capability.ValueTextEquals("SETFCAP"u8) || capability.ValueTextEquals("SETGID"u8) ||
        capability.ValueTextEquals("SETPCAP"u8) || capability.ValueTextEquals("SETUID"u8) ||
        capability.ValueTextEquals("SYS_CHROOT"u8);

    internal static bool Allows(string capability) => capability is "AUDIT_WRITE" or "CHOWN" or "DAC_OVERRIDE" or "FOWNER" or
        "FSETID" or "KILL" or "MKNOD" or "NET_BIND_SERVICE" or "SETFCAP" or "SETGID" or "SETPCAP" or "SETUID" or "SYS_CHROOT";

    private static Explanation Explain(PodDetails pod)
    {
        var containers = pod.ContainersWith(CapabilityBeyondBaseline);
        var forbidden = Phrases.SortedSet(containers.SelectMany(c => c.AddedCapabilities).Where(c => !Allows(c)));
        return new(
            "non-default capabilities",
            $"{Phrases.Containers(containers)} must not include {Phrases.Quoted(forbidden)} in securityContext.capabilities.add");
    }
}
