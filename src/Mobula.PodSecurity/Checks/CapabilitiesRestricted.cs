using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted, Capabilities: every container drops ALL and adds back at most NET_BIND_SERVICE.</summary>
internal static class CapabilitiesRestricted
{
    public static readonly Check Check = new("capabilities_restricted", PodSecurityLevel.Restricted,
        new CheckVariant(22, DropAllMissing | CapabilityBeyondRestricted, Explain) { Overrides = [CapabilitiesBaseline.Id] },
        new CheckVariant(25, DropAllMissing | CapabilityBeyondRestricted, Explain)
        {
            Overrides = [CapabilitiesBaseline.Id],
            ExemptBy = Windows,
        });

    internal static bool Allows(ReadOnlySpan<byte> capability) => capability.SequenceEqual("NET_BIND_SERVICE"u8);

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("unrestricted capabilities"u8);
        var (undropped, adding) = (pod.Traits & DropAllMissing, pod.Traits & CapabilityBeyondRestricted);
        if (undropped != 0)
        {
            text.Containers(in pod, DropAllMissing);
            text.Add(" must set securityContext.capabilities.drop=[\"ALL\"]"u8);
        }
        if (adding == 0) return;
        if (undropped != 0) text.Add("; "u8);
        text.Containers(in pod, CapabilityBeyondRestricted);
        text.Add(" must not include "u8);
        text.Collect(in pod, CapabilityBeyondRestricted);
        text.AddCollected(in pod);
        text.Add(" in securityContext.capabilities.add"u8);
    }
}
