namespace Mobula.PodSecurity.Evaluation;

/// <summary>What the texts of violations name. It is read only for a pod that violates something.</summary>
internal sealed class PodDetails
{
    public PodTraits Traits;
    public readonly SecuritySettings Pod = new();
    public readonly List<ContainerDetails> InitContainers = [];
    public readonly List<ContainerDetails> RegularContainers = [];
    public readonly List<ContainerDetails> EphemeralContainers = [];
    public readonly List<VolumeDetails> Volumes = [];
    public readonly List<SysctlDetails> Sysctls = [];
    public readonly List<KeyValuePair<string, string>> ForbiddenAppArmorAnnotations = [];
    public readonly List<KeyValuePair<string, string>> ForbiddenSeccompAnnotations = [];

    /// <summary>All containers in the order in which checks visit them.</summary>
    public IEnumerable<ContainerDetails> Containers => InitContainers.Concat(RegularContainers).Concat(EphemeralContainers);

    public List<ContainerDetails> ContainersWith(PodTraits traits) => [.. Containers.Where(c => (c.Traits & traits) != 0)];
}

/// <summary>The values of a securityContext, of the pod or of a container, that checks quote.</summary>
internal class SecuritySettings
{
    public PodTraits Traits;
    public string AppArmorType = "";
    public string SeccompType = "";
    public string SELinuxType = "";
}

/// <summary>A container as the checks see it.</summary>
internal sealed class ContainerDetails : SecuritySettings
{
    public string Name = "";
    public string ProcMount = "";
    public readonly List<string> AddedCapabilities = [];
    public readonly List<int> HostPorts = [];
    public readonly List<string> ProbeOrLifecycleHosts = [];
}

/// <summary>A volume: whether it is a hostPath, and the type restricted refuses it for (null if it does not).</summary>
internal sealed record VolumeDetails(string Name, bool IsHostPath, string? RestrictedType);

/// <summary>A sysctl, with the trait that says since when it is allowed (none: always).</summary>
internal sealed record SysctlDetails(string Name, PodTraits Trait);
