using System.Text.Json;
using static Mobula.PodSecurity.Evaluation.JsonReading;

namespace Mobula.PodSecurity.Admission;

/// <summary>What the admission asks of a pod besides its security: its name, its controller, its runtime class.</summary>
internal readonly record struct PodIdentity(string Name, string? ControllerUid, string RuntimeClass)
{
    public static PodIdentity Read(ReadOnlySpan<byte> pod)
    {
        var (name, controller, runtimeClass) = ("", (string?)null, "");
        var reader = new Utf8JsonReader(pod, Options);
        ReadValue(ref reader);
        if (!IsObject(in reader, "pod")) return new(name, controller, runtimeClass);
        while (NextProperty(ref reader))
        {
            var (isMetadata, isSpec) = (reader.ValueTextEquals("metadata"u8), reader.ValueTextEquals("spec"u8));
            ReadValue(ref reader);
            if (!(isMetadata || isSpec) || !IsObject(in reader, "pod"))
            {
                reader.Skip();
                continue;
            }
            while (NextProperty(ref reader))
            {
                var (isName, isOwners, isClass) = (
                    isMetadata && reader.ValueTextEquals("name"u8),
                    isMetadata && reader.ValueTextEquals("ownerReferences"u8),
                    isSpec && reader.ValueTextEquals("runtimeClassName"u8));
                ReadValue(ref reader);
                if (isName && IsText(in reader, "metadata.name")) name = reader.GetString()!;
                else if (isClass && IsText(in reader, "spec.runtimeClassName")) runtimeClass = reader.GetString()!;
                else if (isOwners) controller = ReadController(ref reader);
                else reader.Skip();
            }
        }
        return new(name, controller, runtimeClass);
    }

    private static string? ReadController(ref Utf8JsonReader reader)
    {
        string? controller = null;
        if (!IsList(in reader, "metadata.ownerReferences")) return null;
        while (NextElement(ref reader))
        {
            var (uid, isController) = ("", false);
            if (!IsObject(in reader, "metadata.ownerReferences")) continue;
            while (NextProperty(ref reader))
            {
                var (isUid, isFlag) = (reader.ValueTextEquals("uid"u8), reader.ValueTextEquals("controller"u8));
                ReadValue(ref reader);
                if (isUid && IsText(in reader, "uid")) uid = reader.GetString()!;
                else if (isFlag) isController = Flag(in reader, "controller") == true;
                else reader.Skip();
            }
            if (isController) controller ??= uid;
        }
        return controller;
    }
}
