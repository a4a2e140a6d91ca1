using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.Node.Images;

/// <summary>
/// Writes an image as an archive that containerd, docker and podman load: an OCI image layout in a tar. The same layers and
/// configuration give the same bytes.
/// </summary>
public static class ImageArchiveWriter
{
    /// <summary>Writes the archive.</summary>
    /// <param name="path">The file to write; it appears when it is complete.</param>
    /// <param name="reference">The image's name with its tag, for example <c>localhost/mobula/pause:1</c>.</param>
    /// <param name="config">What the image's configuration has under <c>config</c>: <c>Entrypoint</c>, <c>Cmd</c>, <c>Env</c>, <c>User</c>, <c>WorkingDir</c> …</param>
    /// <param name="layers">The layers, lowest first.</param>
    public static void Write(string path, string reference, JsonObject config, IReadOnlyList<LayerFile> layers)
    {
        var imageConfig = Utf8(new JsonObject
        {
            ["architecture"] = RuntimeInformation.OSArchitecture switch { Architecture.X64 => "amd64", Architecture.Arm64 => "arm64", var other => other.ToString().ToLowerInvariant() },
            ["os"] = "linux",
            ["created"] = "2025-01-01T00:00:00Z",
            ["config"] = config.DeepClone(),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. layers.Select(l => (JsonNode)l.DiffId)]) },
            ["history"] = new JsonArray([.. layers.Select(_ => (JsonNode)new JsonObject { ["created"] = "2025-01-01T00:00:00Z", ["created_by"] = "mobula" })]),
        });
        var manifest = Utf8(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.OciManifest,
            ["config"] = Descriptor(MediaTypes.OciConfig, LayerFile.Sha256(imageConfig), imageConfig.Length),
            ["layers"] = new JsonArray([.. layers.Select(l => (JsonNode)Descriptor(MediaTypes.OciLayerGzip, l.Digest, l.Size))]),
        });
        var described = Descriptor(MediaTypes.OciManifest, LayerFile.Sha256(manifest), manifest.Length);
        described["annotations"] = new JsonObject
        {
            ["io.containerd.image.name"] = reference,
            ["org.opencontainers.image.ref.name"] = reference[(reference.LastIndexOf(':') + 1)..],
        };
        var index = Utf8(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = new JsonArray(described) });

        var unfinished = path + ".unfinished";
        using (var file = File.Create(unfinished))
        using (var tar = new TarWriter(file, TarEntryFormat.Gnu))
        {
            Append(tar, "oci-layout", new MemoryStream("""{"imageLayoutVersion":"1.0.0"}"""u8.ToArray()));
            Append(tar, "index.json", new MemoryStream(index));
            Append(tar, BlobPath(LayerFile.Sha256(manifest)), new MemoryStream(manifest));
            Append(tar, BlobPath(LayerFile.Sha256(imageConfig)), new MemoryStream(imageConfig));
            foreach (var layer in layers.DistinctBy(l => l.Digest)) Append(tar, BlobPath(layer.Digest), File.OpenRead(layer.Path));
        }

        File.Move(unfinished, path, overwrite: true);
    }

    internal static string BlobPath(string digest) => "blobs/" + digest.Replace(':', '/');

    internal static JsonObject Descriptor(string mediaType, string digest, long size) =>
        new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size };

    internal static byte[] Utf8(JsonObject o) => Encoding.UTF8.GetBytes(o.ToJsonString());

    private static void Append(TarWriter tar, string name, Stream content)
    {
        using (content)
        {
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
            {
                Mode = (UnixFileMode)0b110_100_100,
                ModificationTime = LayerFile.Time,
                DataStream = content,
            });
        }
    }
}
