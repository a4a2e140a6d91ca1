using System.Text.Json;
using static Mobula.PodSecurity.Evaluation.JsonReading;

namespace Mobula.PodSecurity.Admission;

/// <summary>
/// The names and images of a pod's containers: an update that changes none of them cannot make a pod worse (every other
/// field the standards ask about is immutable), so it is not judged.
/// </summary>
internal sealed class PodImages
{
    private readonly List<(string Name, string Image)> _regular = [];
    private readonly List<(string Name, string Image)> _init = [];
    private readonly List<(string Name, string Image)> _ephemeral = [];

    public static PodImages Read(ReadOnlySpan<byte> pod)
    {
        var images = new PodImages();
        var reader = new Utf8JsonReader(pod, Options);
        ReadValue(ref reader);
        if (!IsObject(in reader, "pod")) return images;
        while (NextProperty(ref reader))
        {
            var isSpec = reader.ValueTextEquals("spec"u8);
            ReadValue(ref reader);
            if (!isSpec || !IsObject(in reader, "spec"))
            {
                reader.Skip();
                continue;
            }
            while (NextProperty(ref reader))
            {
                var containers = reader.ValueTextEquals("containers"u8) ? images._regular
                    : reader.ValueTextEquals("initContainers"u8) ? images._init
                    : reader.ValueTextEquals("ephemeralContainers"u8) ? images._ephemeral
                    : null;
                ReadValue(ref reader);
                if (containers is null) reader.Skip();
                else ReadContainers(ref reader, containers);
            }
        }
        return images;
    }

    public bool IsSignificantChangeOf(PodImages old) =>
        !SameImages(_regular, old._regular) || !SameImages(_init, old._init) ||
        _ephemeral.Any(e => !old._ephemeral.Exists(o => o.Name == e.Name) || old._ephemeral.Find(o => o.Name == e.Name).Image != e.Image);

    private static bool SameImages(List<(string Name, string Image)> a, List<(string Name, string Image)> b) =>
        a.Select(c => c.Image).SequenceEqual(b.Select(c => c.Image), StringComparer.Ordinal);

    private static void ReadContainers(ref Utf8JsonReader reader, List<(string Name, string Image)> containers)
    {
        if (!IsList(in reader, "containers")) return;
        while (NextElement(ref reader))
        {
            var (name, image) = ("", "");
            if (!IsObject(in reader, "containers")) continue;
            while (NextProperty(ref reader))
            {
                var (isName, isImage) = (reader.ValueTextEquals("name"u8), reader.ValueTextEquals("image"u8));
                ReadValue(ref reader);
                if (isName && IsText(in reader, "name")) name = reader.GetString()!;
                else if (isImage && IsText(in reader, "image")) image = reader.GetString()!;
                else reader.Skip();
            }
            containers.Add((name, image));
        }
    }
}
