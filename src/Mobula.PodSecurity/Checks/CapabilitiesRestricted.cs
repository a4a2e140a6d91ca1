using System.Text.Json;
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

    internal static bool Allows(ref readonly Utf8JsonReader capability) => capability.ValueTextEquals("NET_BIND_SERVICE"u8);

    internal static bool Allows(string capability) => capability == "NET_BIND_SERVICE";

    private static Explanation Explain(PodDetails pod)
    {
        List<string> parts = [];
        var undropped = pod.ContainersWith(DropAllMissing);
        if (undropped.Count > 0) parts.Add($"{Phrases.Containers(undropped)} must set securityContext.capabilities.drop=[\"ALL\"]");
        var adding = pod.ContainersWith(CapabilityBeyondRestricted);
        if (adding.Count > 0)
        {
            var forbidden = Phrases.SortedSet(adding.SelectMany(c => c.AddedCapabilities).Where(c => !Allows(c)));
            parts.Add($"{Phrases.Containers(adding)} must not include {Phrases.Quoted(forbidden)} in securityContext.capabilities.add");
        }
        return new("unrestricted capabilities", string.Join("; ", parts));
    }
}
