using System.Text.Json.Nodes;

namespace Mobula.Node.Images;

/// <summary>
/// The archive format of <c>docker save</c> before it wrote OCI layouts: <c>manifest.json</c> names a configuration and layer
/// files, and the image's manifest has to be made from them.
/// </summary>
internal static class DockerArchive
{
    public static IReadOnlyList<ArchivedImage> Images(ImageArchive archive)
    {
        var images = new List<ArchivedImage>();
        foreach (var described in archive.ReadJson("manifest.json").AsArray())
        {
            var configName = (string)described!["Config"]!;
            var config = BlobOf(archive, MediaTypes.OciConfig, configName);
            var layers = described["Layers"]!.AsArray().Select(l => BlobOf(archive, LayerType(archive, (string)l!), (string)l!)).ToList();
            var manifest = ImageArchiveWriter.Utf8(new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = MediaTypes.OciManifest,
                ["config"] = ImageArchiveWriter.Descriptor(config.MediaType, config.Digest, config.Size),
                ["layers"] = new JsonArray([.. layers.Select(l => (JsonNode)ImageArchiveWriter.Descriptor(l.MediaType, l.Digest, l.Size))]),
            });
            var manifestBlob = new Blob(MediaTypes.OciManifest, LayerFile.Sha256(manifest), manifest.Length, () => new MemoryStream(manifest));
            var diffIds = ImageArchive.DiffIds(archive.ReadJson(configName));
            images.AddRange((described["RepoTags"]?.AsArray() ?? []).Select(
                tag => new ArchivedImage(ImageReference.Normalize((string)tag!), manifestBlob, config, layers, diffIds)));
        }

        return images;
    }

    private static Blob BlobOf(ImageArchive archive, string mediaType, string name)
    {
        using var content = archive.OpenEntry(name);
        return new Blob(mediaType, LayerFile.Sha256(content), archive.LengthOf(name), () => archive.OpenEntry(name));
    }

    private static string LayerType(ImageArchive archive, string name)
    {
        using var content = archive.OpenEntry(name);
        return content.ReadByte() == 0x1f && content.ReadByte() == 0x8b ? MediaTypes.OciLayerGzip : MediaTypes.OciLayer;
    }
}
