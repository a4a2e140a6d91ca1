using System.Runtime.CompilerServices;
using Mobula.PodSecurity.Checks;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>What pods' and containers' securityContexts have in common, and what each has alone.</summary>
internal ref partial struct PodReader
{
    private int ReadPodSecurityContext(int at)
    {
        var others = _traits;
        _traits = None;
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            if (_json[at + 1] is (byte)'r' or (byte)'s' && ReadCommonHardening(at) is > 0 and var behind)
            {
                at = behind;
                continue;
            }
            at = ReadName(at, out var name);
            if (name.SequenceEqual("sysctls"u8)) at = IsList(at, "spec.securityContext.sysctls") ? ReadSysctls(at) : SkipNull(at);
            else at = ReadCommonSetting(at, name);
        }
        _ofPodItself |= _traits;
        _traits |= others;
        return ~at;
    }

    // Members that restricted demands are recognized whole, spelled as all serializers but the pretty-printing ones do: more
    // than half of what there is to read of a hardened pod. Returns the place behind the member, or 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadCommonHardening(int at)
    {
        if (_json.Has(at, "\"runAsNonRoot\":true"u8))
        {
            _traits |= RunAsNonRootTrue;
            return at + "\"runAsNonRoot\":true"u8.Length;
        }
        if (_json.Has(at, "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}"u8))
        {
            _traits |= SeccompValid;
            return at + "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}"u8.Length;
        }
        return 0;
    }

    private int ReadContainerHardening(int at)
    {
        switch (_json[at + 1])
        {
            case (byte)'a' when _json.Has(at, "\"allowPrivilegeEscalation\":false"u8):
                _traits &= ~PrivilegeEscalation;
                return at + "\"allowPrivilegeEscalation\":false"u8.Length;
            case (byte)'c' when _json.Has(at, "\"capabilities\":{\"drop\":[\"ALL\"]}"u8):
                _traits &= ~DropAllMissing;
                return at + "\"capabilities\":{\"drop\":[\"ALL\"]}"u8.Length;
            case (byte)'r' or (byte)'s':
                return ReadCommonHardening(at);
            default:
                return 0;
        }
    }

    private int ReadContainerSecurityContext(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            if (ReadContainerHardening(at) is > 0 and var behind)
            {
                at = behind;
                continue;
            }
            at = ReadName(at, out var name);
            switch (name.Length)
            {
                case 24 when name.SequenceEqual("allowPrivilegeEscalation"u8):
                    if (_json[at] == 'f') _traits &= ~PrivilegeEscalation;
                    at = ReadFlag(at, "allowPrivilegeEscalation", ifTrue: PrivilegeEscalation);
                    break;
                case 12 when name.SequenceEqual("capabilities"u8):
                    at = IsObject(at, "capabilities") ? ReadCapabilities(at) : SkipNull(at);
                    break;
                case 10 when name.SequenceEqual("privileged"u8):
                    at = ReadFlag(at, "privileged", ifTrue: Privileged);
                    break;
                case 9 when name.SequenceEqual("procMount"u8):
                    at = IsText(at, "procMount") ? ReadProcMount(at) : SkipNull(at);
                    break;
                default:
                    at = ReadCommonSetting(at, name);
                    break;
            }
        }
        if ((_traits & (RunAsNonRootTrue | RunAsNonRootFalse)) != 0) _traits &= ~RunAsNonRootUnset;
        if ((_traits & (SeccompValid | SeccompType)) != 0) _traits &= ~SeccompUnset;
        // Only the pod's own values are inherited, so a container's must not look like them.
        _traits &= ~(RunAsNonRootTrue | SeccompValid);
        return ~at;
    }

    private int ReadCommonSetting(int at, scoped ReadOnlySpan<byte> name)
    {
        switch (name.Length)
        {
            case 12 when name.SequenceEqual("runAsNonRoot"u8):
                return ReadFlag(at, "runAsNonRoot", ifTrue: RunAsNonRootTrue, ifFalse: RunAsNonRootFalse);
            case 14 when name.SequenceEqual("seccompProfile"u8):
                return IsObject(at, "seccompProfile") ? ReadSeccompProfile(at) : SkipNull(at);
            case 9 when name.SequenceEqual("runAsUser"u8):
                var isNull = _json[at] == 'n';
                at = ReadInteger(at, "runAsUser", out _, out var user);
                if (user == 0 && !isNull) _traits |= RunAsUserZero;
                return at;
            case 15 when name.SequenceEqual("appArmorProfile"u8):
                return IsObject(at, "appArmorProfile") ? ReadAppArmorProfile(at) : SkipNull(at);
            case 14 when name.SequenceEqual("seLinuxOptions"u8):
                return IsObject(at, "seLinuxOptions") ? ReadSELinuxOptions(at) : SkipNull(at);
            case 14 when name.SequenceEqual("windowsOptions"u8):
                return IsObject(at, "windowsOptions") ? ReadWindowsOptions(at) : SkipNull(at);
            default:
                return _json.Skip(at);
        }
    }

    private int ReadSeccompProfile(int at)
    {
        at = ReadProfileType(at, "seccompProfile.type", out var type);
        if (SeccompProfileBaseline.AllowsType(this[type]))
        {
            _traits |= SeccompValid;
            return at;
        }
        _traits |= SeccompType;
        _mentions.Add(new(SeccompType, type));
        return at;
    }

    private int ReadAppArmorProfile(int at)
    {
        at = ReadProfileType(at, "appArmorProfile.type", out var type);
        if (AppArmorProfile.AllowsType(this[type])) return at;
        _traits |= AppArmorType;
        _mentions.Add(new(AppArmorType, type));
        return at;
    }

    private int ReadProfileType(int at, string field, out TextRange type)
    {
        type = default;
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            at = name.SequenceEqual("type"u8) ? ReadTextOrNull(at, field, out type) : _json.Skip(at);
        }
        return ~at;
    }

    private int ReadSELinuxOptions(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (name.SequenceEqual("type"u8))
            {
                at = ReadTextOrNull(at, "seLinuxOptions.type", out var type);
                var trait = SELinuxOptions.Classify(this[type]);
                if (trait == None) continue;
                _traits |= trait;
                _mentions.Add(new(trait, type));
            }
            else if (name.SequenceEqual("user"u8))
            {
                at = ReadTextOrNull(at, "seLinuxOptions.user", out var user);
                if (user.Length > 0) _traits |= SELinuxUser;
            }
            else if (name.SequenceEqual("role"u8))
            {
                at = ReadTextOrNull(at, "seLinuxOptions.role", out var role);
                if (role.Length > 0) _traits |= SELinuxRole;
            }
            else
            {
                at = _json.Skip(at);
            }
        }
        return ~at;
    }

    private int ReadWindowsOptions(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            at = name.SequenceEqual("hostProcess"u8) ? ReadFlag(at, "hostProcess", ifTrue: HostProcess) : _json.Skip(at);
        }
        return ~at;
    }

    private int ReadProcMount(int at)
    {
        at = ReadText(at, out var type);
        if (Checks.ProcMount.Allows(this[type])) return at;
        _traits |= PodTraits.ProcMount;
        _mentions.Add(new(PodTraits.ProcMount, type));
        return at;
    }

    private int ReadCapabilities(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            var isAdd = name.SequenceEqual("add"u8);
            if (!isAdd && !name.SequenceEqual("drop"u8))
            {
                at = _json.Skip(at);
                continue;
            }
            if (!IsList(at, "capabilities"))
            {
                at = SkipNull(at);
                continue;
            }
            for (at = _json.FirstElement(at); at >= 0; at = _json.NextElement(at))
            {
                at = ReadTextOrNull(at, "capabilities", out var capability);
                if (isAdd) AddCapability(capability);
                else if (this[capability].SequenceEqual("ALL"u8)) _traits &= ~DropAllMissing;
            }
            at = ~at;
        }
        return ~at;
    }

    private void AddCapability(TextRange capability)
    {
        if (CapabilitiesRestricted.Allows(this[capability])) return;
        var trait = CapabilitiesBaseline.Allows(this[capability]) ? CapabilityBeyondRestricted : CapabilityBeyondRestricted | CapabilityBeyondBaseline;
        _traits |= trait;
        _mentions.Add(new(trait, capability));
    }

    private int ReadSysctls(int at)
    {
        for (at = _json.FirstElement(at); at >= 0; at = _json.NextElement(at))
        {
            TextRange sysctl = default;
            at = IsObject(at, "spec.securityContext.sysctls") ? ReadSysctl(at, out sysctl) : SkipNull(at);
            var trait = Sysctls.Classify(this[sysctl]);
            if (trait == None) continue;
            _traits |= trait;
            _mentions.Add(new(trait, sysctl));
        }
        return ~at;
    }

    private int ReadSysctl(int at, out TextRange sysctl)
    {
        sysctl = default;
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            at = name.SequenceEqual("name"u8) ? ReadTextOrNull(at, "spec.securityContext.sysctls.name", out sysctl) : _json.Skip(at);
        }
        return ~at;
    }
}
