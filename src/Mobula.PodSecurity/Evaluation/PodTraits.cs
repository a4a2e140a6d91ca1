namespace Mobula.PodSecurity.Evaluation;

/// <summary>
/// What a pod, a security context or a container does that some check of the standards asks about, one bit each. A pod's
/// traits decide every check at every version; only the text of a violation needs the pod itself again.
/// </summary>
[Flags]
internal enum PodTraits : ulong
{
    None = 0,
    AppArmorType = 1UL << 0,
    AppArmorAnnotation = 1UL << 1,
    CapabilityBeyondBaseline = 1UL << 2,
    CapabilityBeyondRestricted = 1UL << 3,
    DropAllMissing = 1UL << 4,
    HostPathVolume = 1UL << 6,
    RestrictedVolume = 1UL << 7,
    HostPort = 1UL << 8,
    ProbeOrLifecycleHost = 1UL << 9,
    Privileged = 1UL << 10,
    ProcMount = 1UL << 11,
    SELinuxTypeEngine = 1UL << 12,
    SELinuxTypeOther = 1UL << 13,
    SELinuxUser = 1UL << 14,
    SELinuxRole = 1UL << 15,
    SeccompType = 1UL << 16,

    /// <summary>A container without a seccomp profile of its own.</summary>
    SeccompUnset = 1UL << 17,

    /// <summary>A profile that restricted accepts.</summary>
    SeccompValid = 1UL << 18,

    /// <summary>A container without a profile, and none it could inherit.</summary>
    SeccompMissing = 1UL << 19,
    SeccompAnnotation = 1UL << 20,

    /// <summary>A forbidden annotation for a container, which counts only if a container of that name exists.</summary>
    SeccompAnnotationOfContainer = 1UL << 21,
    SysctlSince27 = 1UL << 22,
    SysctlSince29 = 1UL << 23,
    SysctlSince32 = 1UL << 24,
    SysctlSince37 = 1UL << 25,
    SysctlOther = 1UL << 26,
    HostProcess = 1UL << 27,
    PrivilegeEscalation = 1UL << 28,
    RunAsNonRootFalse = 1UL << 29,
    RunAsNonRootTrue = 1UL << 30,

    /// <summary>A container that does not say runAsNonRoot.</summary>
    RunAsNonRootUnset = 1UL << 31,

    /// <summary>A container that does not say runAsNonRoot in a pod that does not say true.</summary>
    RunAsNonRootMissing = 1UL << 32,
    RunAsUserZero = 1UL << 33,

    /// <summary><c>spec.os.name</c> is <c>windows</c>.</summary>
    Windows = 1UL << 34,

    /// <summary><c>spec.hostUsers</c> is false: the pod has a user namespace of its own.</summary>
    UserNamespace = 1UL << 35,
    HostNetwork = 1UL << 36,
    HostPid = 1UL << 37,
    HostIpc = 1UL << 38,
    SELinuxAny = SELinuxTypeOther | SELinuxUser | SELinuxRole,
}
