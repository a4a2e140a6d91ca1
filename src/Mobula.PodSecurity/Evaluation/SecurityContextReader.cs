using System.Text.Json;
using Mobula.PodSecurity.Checks;
using static Mobula.PodSecurity.Evaluation.JsonReading;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>Reads what pods' and containers' securityContexts have in common, and what each has alone.</summary>
internal static class SecurityContextReader
{
    public static PodTraits ReadOfPod(ref Utf8JsonReader reader, PodDetails? details)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (TryReadCommon(ref reader, details?.Pod, ref traits)) continue;
            if (!reader.ValueTextEquals("sysctls"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (!IsList(in reader, "spec.securityContext.sysctls")) continue;
            while (NextElement(ref reader)) traits |= ReadSysctl(ref reader, details);
        }
        if (details is not null) details.Pod.Traits = traits;
        return traits;
    }

    public static PodTraits ReadOfContainer(ref Utf8JsonReader reader, ContainerDetails? details)
    {
        // What a container must say counts as missing until it is seen.
        var traits = RunAsNonRootUnset | SeccompUnset | PrivilegeEscalation | DropAllMissing;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("allowPrivilegeEscalation"u8))
            {
                traits = (traits | PrivilegeEscalation) & ~PodReader.ReadFlag(ref reader, "allowPrivilegeEscalation", ifFalse: PrivilegeEscalation);
            }
            else if (reader.ValueTextEquals("capabilities"u8))
            {
                ReadValue(ref reader);
                if (IsObject(in reader, "capabilities")) ReadCapabilities(ref reader, details, ref traits);
            }
            else if (reader.ValueTextEquals("privileged"u8)) traits |= PodReader.ReadFlag(ref reader, "privileged", ifTrue: Privileged);
            else if (reader.ValueTextEquals("procMount"u8))
            {
                ReadValue(ref reader);
                if (!IsText(in reader, "procMount") || Checks.ProcMount.Allows(in reader)) continue;
                traits |= PodTraits.ProcMount;
                if (details is not null) details.ProcMount = reader.GetString()!;
            }
            else if (!TryReadCommon(ref reader, details, ref traits)) reader.Skip();
        }
        if ((traits & (RunAsNonRootTrue | RunAsNonRootFalse)) != 0) traits &= ~RunAsNonRootUnset;
        if ((traits & (SeccompValid | SeccompType)) != 0) traits &= ~SeccompUnset;
        // Only the pod's own values are inherited, so a container's must not look like them.
        return traits & ~(RunAsNonRootTrue | SeccompValid);
    }

    private static bool TryReadCommon(ref Utf8JsonReader reader, SecuritySettings? settings, ref PodTraits traits)
    {
        if (reader.ValueTextEquals("runAsNonRoot"u8))
        {
            traits |= PodReader.ReadFlag(ref reader, "runAsNonRoot", ifTrue: RunAsNonRootTrue, ifFalse: RunAsNonRootFalse);
        }
        else if (reader.ValueTextEquals("seccompProfile"u8))
        {
            ReadValue(ref reader);
            if (!IsObject(in reader, "seccompProfile")) return true;
            var allowed = ReadProfileType(ref reader, settings, isSeccomp: true);
            traits |= allowed ? SeccompValid : SeccompType;
        }
        else if (reader.ValueTextEquals("runAsUser"u8))
        {
            ReadValue(ref reader);
            if (Integer(in reader, "runAsUser") == 0) traits |= RunAsUserZero;
        }
        else if (reader.ValueTextEquals("appArmorProfile"u8))
        {
            ReadValue(ref reader);
            if (IsObject(in reader, "appArmorProfile") && !ReadProfileType(ref reader, settings, isSeccomp: false))
            {
                traits |= AppArmorType;
            }
        }
        else if (reader.ValueTextEquals("seLinuxOptions"u8))
        {
            ReadValue(ref reader);
            if (IsObject(in reader, "seLinuxOptions")) traits |= ReadSELinuxOptions(ref reader, settings);
        }
        else if (reader.ValueTextEquals("windowsOptions"u8))
        {
            ReadValue(ref reader);
            if (!IsObject(in reader, "windowsOptions")) return true;
            while (NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("hostProcess"u8)) traits |= PodReader.ReadFlag(ref reader, "hostProcess", ifTrue: HostProcess);
                else reader.Skip();
            }
        }
        else
        {
            return false;
        }
        return true;
    }

    private static bool ReadProfileType(ref Utf8JsonReader reader, SecuritySettings? settings, bool isSeccomp)
    {
        var allowed = false;
        while (NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("type"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (!IsText(in reader, isSeccomp ? "seccompProfile.type" : "appArmorProfile.type")) continue;
            allowed = isSeccomp ? SeccompProfileBaseline.AllowsType(in reader) : AppArmorProfile.AllowsType(in reader);
            if (settings is null) continue;
            if (isSeccomp) settings.SeccompType = reader.GetString()!;
            else settings.AppArmorType = reader.GetString()!;
        }
        return allowed;
    }

    private static PodTraits ReadSELinuxOptions(ref Utf8JsonReader reader, SecuritySettings? settings)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("type"u8))
            {
                ReadValue(ref reader);
                if (!IsText(in reader, "seLinuxOptions.type")) continue;
                traits |= SELinuxOptions.Classify(in reader);
                if (settings is not null) settings.SELinuxType = reader.GetString()!;
            }
            else if (reader.ValueTextEquals("user"u8)) traits |= ReadWhetherSet(ref reader, "seLinuxOptions.user", SELinuxUser);
            else if (reader.ValueTextEquals("role"u8)) traits |= ReadWhetherSet(ref reader, "seLinuxOptions.role", SELinuxRole);
            else reader.Skip();
        }
        return traits;
    }

    private static PodTraits ReadWhetherSet(ref Utf8JsonReader reader, string field, PodTraits trait)
    {
        ReadValue(ref reader);
        return IsText(in reader, field) && !reader.ValueTextEquals(""u8) ? trait : None;
    }

    private static void ReadCapabilities(ref Utf8JsonReader reader, ContainerDetails? details, ref PodTraits traits)
    {
        while (NextProperty(ref reader))
        {
            var isAdd = reader.ValueTextEquals("add"u8);
            if (!isAdd && !reader.ValueTextEquals("drop"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (!IsList(in reader, "capabilities")) continue;
            while (NextElement(ref reader))
            {
                if (!IsText(in reader, "capabilities")) continue;
                if (!isAdd)
                {
                    if (reader.ValueTextEquals("ALL"u8)) traits &= ~DropAllMissing;
                    continue;
                }
                if (!CapabilitiesRestricted.Allows(in reader)) traits |= CapabilityBeyondRestricted;
                if (!CapabilitiesBaseline.Allows(in reader)) traits |= CapabilityBeyondBaseline;
                details?.AddedCapabilities.Add(reader.GetString()!);
            }
        }
    }

    private static PodTraits ReadSysctl(ref Utf8JsonReader reader, PodDetails? details)
    {
        if (!IsObject(in reader, "spec.securityContext.sysctls")) return None;
        var trait = SysctlOther;
        var name = "";
        while (NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("name"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (!IsText(in reader, "spec.securityContext.sysctls.name")) continue;
            trait = Sysctls.Classify(in reader);
            if (details is not null) name = reader.GetString()!;
        }
        details?.Sysctls.Add(new(name, trait));
        return trait;
    }
}
