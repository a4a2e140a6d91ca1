using System.Text;
using System.Text.Json;
using Mobula.PodSecurity.Checks;
using static Mobula.PodSecurity.Evaluation.JsonReading;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>
/// Reads a pod's traits from UTF-8 JSON in one pass and without allocating; with <see cref="PodDetails"/> to fill it also
/// keeps what texts quote. Both ways go through the same code, so that verdict and text cannot differ.
/// </summary>
internal static class PodReader
{
    /// <summary>Reads an object with <c>metadata</c> and <c>spec</c>: a pod or a pod template.</summary>
    /// <exception cref="JsonException">The text is no JSON object, or a field has a value of another type than a pod's.</exception>
    public static PodTraits Read(ReadOnlySpan<byte> pod, PodDetails? details)
    {
        try
        {
            var reader = new Utf8JsonReader(pod, Options);
            ReadValue(ref reader);
            if (reader.TokenType != JsonTokenType.StartObject) throw Unexpected(in reader, "pod", "an object");
            var traits = ReadPod(ref reader, details);
            traits |= Implied(traits);
            if ((traits & SeccompAnnotationOfContainer) != 0) traits |= ResolveContainerAnnotations(pod, details);
            if (details is not null) details.Traits = traits;
            return traits;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a string holds bytes or escapes that are no text", e);
        }
    }

    private static PodTraits Implied(PodTraits traits)
    {
        var implied = None;
        if ((traits & (RunAsNonRootUnset | RunAsNonRootTrue)) == RunAsNonRootUnset) implied |= RunAsNonRootMissing;
        if ((traits & (SeccompUnset | SeccompValid)) == SeccompUnset) implied |= SeccompMissing;
        return implied;
    }

    private static PodTraits ResolveContainerAnnotations(ReadOnlySpan<byte> pod, PodDetails? details)
    {
        if (details is null)
        {
            details = new PodDetails();
            return Read(pod, details) & SeccompAnnotation;
        }
        var names = details.Containers.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var prefix = Encoding.UTF8.GetString(SeccompProfileBaseline.ContainerAnnotationPrefix);
        details.ForbiddenSeccompAnnotations.RemoveAll(a =>
            a.Key.StartsWith(prefix, StringComparison.Ordinal) && !names.Contains(a.Key[prefix.Length..]));
        return details.ForbiddenSeccompAnnotations.Count > 0 ? SeccompAnnotation : None;
    }

    private static PodTraits ReadPod(ref Utf8JsonReader reader, PodDetails? details)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("spec"u8))
            {
                ReadValue(ref reader);
                if (IsObject(in reader, "spec")) traits |= ReadSpec(ref reader, details);
            }
            else if (reader.ValueTextEquals("metadata"u8))
            {
                ReadValue(ref reader);
                if (IsObject(in reader, "metadata")) traits |= ReadMetadata(ref reader, details);
            }
            else
            {
                reader.Skip();
            }
        }
        return traits;
    }

    private static PodTraits ReadMetadata(ref Utf8JsonReader reader, PodDetails? details)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("annotations"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (!IsObject(in reader, "metadata.annotations")) continue;
            while (NextProperty(ref reader)) traits |= ReadAnnotation(ref reader, details);
        }
        return traits;
    }

    private static PodTraits ReadAnnotation(ref Utf8JsonReader reader, PodDetails? details)
    {
        var trait = TextStartsWith(in reader, AppArmorProfile.AnnotationPrefix) ? AppArmorAnnotation
            : reader.ValueTextEquals(SeccompProfileBaseline.PodAnnotation) ? SeccompAnnotation
            : TextStartsWith(in reader, SeccompProfileBaseline.ContainerAnnotationPrefix) ? SeccompAnnotationOfContainer
            : None;
        if (trait == None)
        {
            reader.Skip();
            return None;
        }
        var key = details is null ? null : reader.GetString()!;
        ReadValue(ref reader);
        var isText = IsText(in reader, "metadata.annotations");
        var allowed = trait == AppArmorAnnotation ? AppArmorProfile.AllowsAnnotation(in reader) : SeccompProfileBaseline.AllowsAnnotation(in reader);
        if (allowed) return None;
        if (details is null) return trait;
        var forbidden = KeyValuePair.Create(key!, isText ? reader.GetString()! : "");
        (trait == AppArmorAnnotation ? details.ForbiddenAppArmorAnnotations : details.ForbiddenSeccompAnnotations).Add(forbidden);
        return trait;
    }

    private static PodTraits ReadSpec(ref Utf8JsonReader reader, PodDetails? details)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("containers"u8))
            {
                ReadValue(ref reader);
                traits |= ContainerReader.ReadList(ref reader, "spec.containers", details?.RegularContainers);
            }
            else if (reader.ValueTextEquals("initContainers"u8))
            {
                ReadValue(ref reader);
                traits |= ContainerReader.ReadList(ref reader, "spec.initContainers", details?.InitContainers);
            }
            else if (reader.ValueTextEquals("ephemeralContainers"u8))
            {
                ReadValue(ref reader);
                traits |= ContainerReader.ReadList(ref reader, "spec.ephemeralContainers", details?.EphemeralContainers);
            }
            else if (reader.ValueTextEquals("volumes"u8))
            {
                ReadValue(ref reader);
                if (!IsList(in reader, "spec.volumes")) continue;
                while (NextElement(ref reader)) traits |= ReadVolume(ref reader, details);
            }
            else if (reader.ValueTextEquals("securityContext"u8))
            {
                ReadValue(ref reader);
                if (IsObject(in reader, "spec.securityContext")) traits |= SecurityContextReader.ReadOfPod(ref reader, details);
            }
            else if (reader.ValueTextEquals("hostNetwork"u8)) traits |= ReadFlag(ref reader, "spec.hostNetwork", ifTrue: HostNetwork);
            else if (reader.ValueTextEquals("hostPID"u8)) traits |= ReadFlag(ref reader, "spec.hostPID", ifTrue: HostPid);
            else if (reader.ValueTextEquals("hostIPC"u8)) traits |= ReadFlag(ref reader, "spec.hostIPC", ifTrue: HostIpc);
            else if (reader.ValueTextEquals("hostUsers"u8)) traits |= ReadFlag(ref reader, "spec.hostUsers", ifFalse: UserNamespace);
            else if (reader.ValueTextEquals("os"u8))
            {
                ReadValue(ref reader);
                if (IsObject(in reader, "spec.os")) traits |= ReadOS(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
        return traits;
    }

    internal static PodTraits ReadFlag(ref Utf8JsonReader reader, string field, PodTraits ifTrue = None, PodTraits ifFalse = None)
    {
        ReadValue(ref reader);
        return Flag(in reader, field) switch { true => ifTrue, false => ifFalse, null => None };
    }

    private static PodTraits ReadOS(ref Utf8JsonReader reader)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            var isName = reader.ValueTextEquals("name"u8);
            ReadValue(ref reader);
            if (isName && IsText(in reader, "spec.os.name") && reader.ValueTextEquals("windows"u8)) traits = Windows;
            else reader.Skip();
        }
        return traits;
    }

    private static PodTraits ReadVolume(ref Utf8JsonReader reader, PodDetails? details)
    {
        if (!IsObject(in reader, "spec.volumes")) return None;
        var name = "";
        var allowed = false;
        var rank = int.MaxValue;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("name"u8))
            {
                ReadValue(ref reader);
                if (IsText(in reader, "spec.volumes.name") && details is not null) name = reader.GetString()!;
                continue;
            }
            var isAllowed = RestrictedVolumes.Allows(in reader);
            var ownRank = isAllowed ? int.MaxValue : RestrictedVolumes.Rank(in reader);
            ReadValue(ref reader);
            if (reader.TokenType == JsonTokenType.Null) continue;
            allowed |= isAllowed;
            rank = Math.Min(rank, ownRank);
            reader.Skip();
        }
        var isHostPath = rank == 0;
        details?.Volumes.Add(new(name, isHostPath, allowed ? null : RestrictedVolumes.TypeOfRank(rank)));
        return (allowed ? None : RestrictedVolume) | (isHostPath ? HostPathVolume : None);
    }
}
