using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Node.Images;

/// <summary>A blob of an image, to be read when it is needed.</summary>
internal sealed record Blob(string MediaType, string Digest, long Size, Func<Stream> Open);

/// <summary>An image in an archive.</summary>
/// <param name="Reference">Its full name.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="Layers">Its layers, lowest first.</param>
/// <param name="DiffIds">Digests of the layers' tar files, lowest first.</param>
internal sealed record ArchivedImage(string Reference, Blob Manifest, Blob Config, IReadOnlyList<Blob> Layers, IReadOnlyList<string> DiffIds);

/// <summary>
/// An archive of images as <c>docker save</c>, <c>podman save</c>, <c>ctr images export</c> and <see cref="ImageArchiveWriter"/>
/// write it: OCI layout or Docker's older format, with or without gzip around it.
/// </summary>
internal sealed class ImageArchive : IDisposable
{
    private sealed record Entry(long Offset, long Length, string? LinkTarget);

    private readonly FileStream _file;
    private readonly string _name;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private ImageArchive(FileStream file, string name)
    {
        _file = file;
        _name = name;
    }

    /// <summary>Opens an archive and reads its table of contents.</summary>
    /// <exception cref="InvalidDataException">It is not a tar file; the message names it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ImageArchive Open(string path)
    {
        var file = File.OpenRead(path);
        if (file.ReadByte() == 0x1f && file.ReadByte() == 0x8b) file = Unzip(file);
        file.Position = 0;
        var archive = new ImageArchive(file, path);
        try
        {
            using var tar = new TarReader(file, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                    archive._entries[name] = new Entry(entry.DataOffset, entry.Length, null);
                else if (entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                    archive._entries[name] = new Entry(0, 0, LinkedName(name, entry));
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            file.Dispose();
            throw new InvalidDataException($"{path} is not an image archive: {e.Message}", e);
        }

        return archive;
    }

    /// <summary>The images of the archive for this machine's architecture.</summary>
    /// <exception cref="InvalidDataException">The archive holds no image, or an incomplete one.</exception>
    public IReadOnlyList<ArchivedImage> Images()
    {
        if (_entries.ContainsKey("index.json")) return OciImages().ToList();
        if (_entries.ContainsKey("manifest.json")) return DockerArchive.Images(this);
        throw new InvalidDataException($"{_name} is not an image archive: it has neither index.json nor manifest.json");
    }

    public void Dispose() => _file.Dispose();

    internal Stream OpenEntry(string name)
    {
        var entry = Find(name);
        return new FileSlice(_file.SafeFileHandle, entry.Offset, entry.Length);
    }

    internal long LengthOf(string name) => Find(name).Length;

    internal JsonNode ReadJson(string name)
    {
        using var stream = OpenEntry(name);
        try
        {
            return JsonNode.Parse(stream) ?? throw new InvalidDataException($"{_name}: {name} is empty");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{_name}: {name} is not JSON: {e.Message}", e);
        }
    }

    private Entry Find(string name)
    {
        // A link to a link to … is followed a few times; an archive may hold a circle.
        for (var hops = 0; hops < 8 && _entries.TryGetValue(name, out var entry); hops++)
        {
            if (entry.LinkTarget is not { } target) return entry;
            name = target;
        }

        throw new InvalidDataException($"{_name} is incomplete: {name} is missing");
    }

    private IEnumerable<ArchivedImage> OciImages()
    {
        foreach (var listed in ReadJson("index.json")["manifests"]?.AsArray() ?? [])
        {
            var annotations = listed!["annotations"];
            var reference = (string?)annotations?["io.containerd.image.name"] ?? (string?)annotations?["org.opencontainers.image.ref.name"];
            if (reference is null || ImageForThisMachine(listed) is not { } described) continue;
            yield return OciImage(ImageReference.Normalize(reference), described);
        }
    }

    private JsonNode? ImageForThisMachine(JsonNode described)
    {
        if (!MediaTypes.IsIndex((string?)described["mediaType"] ?? "")) return described;
        var architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        var manifests = ReadJson(BlobName(described))["manifests"]!.AsArray();
        return manifests.FirstOrDefault(m => (string?)m!["platform"]?["architecture"] == architecture && (string?)m["platform"]?["os"] == "linux");
    }

    private ArchivedImage OciImage(string reference, JsonNode described)
    {
        var manifest = ReadJson(BlobName(described));
        var config = manifest["config"] ?? throw new InvalidDataException($"{_name}: the manifest of {reference} has no config");
        return new ArchivedImage(
            reference,
            BlobOf(described),
            BlobOf(config),
            [.. manifest["layers"]!.AsArray().Select(l => BlobOf(l!))],
            DiffIds(ReadJson(BlobName(config))));
    }

    internal static IReadOnlyList<string> DiffIds(JsonNode config) => [.. config["rootfs"]!["diff_ids"]!.AsArray().Select(d => (string)d!)];

    private Blob BlobOf(JsonNode described)
    {
        var name = BlobName(described);
        return new Blob((string)described["mediaType"]!, (string)described["digest"]!, LengthOf(name), () => OpenEntry(name));
    }

    private static string BlobName(JsonNode described) => ImageArchiveWriter.BlobPath((string?)described["digest"] ?? "");

    private static string LinkedName(string name, TarEntry entry)
    {
        if (entry.EntryType == TarEntryType.HardLink) return entry.LinkName;
        var folder = name.Contains('/') ? name[..name.LastIndexOf('/')] : "";
        return Path.GetFullPath(Path.Combine("/", folder, entry.LinkName))[1..];
    }

    private static FileStream Unzip(FileStream compressed)
    {
        using (compressed)
        {
            compressed.Position = 0;
            var plain = new FileStream(Path.GetTempFileName(), new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.DeleteOnClose,
            });
            using var gzip = new GZipStream(compressed, CompressionMode.Decompress);
            gzip.CopyTo(plain);
            return plain;
        }
    }
}
