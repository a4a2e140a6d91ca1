using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Mobula.Node.Images;

/// <summary>
/// An image layer as a gzip file of this host. The same input gives the same bytes, on any day and in any folder: entries are
/// sorted, all times are <see cref="Time"/>, and owners are numbers.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Digest">SHA-256 of the file, as <c>sha256:hex</c>.</param>
/// <param name="DiffId">SHA-256 of the tar inside, as <c>sha256:hex</c>.</param>
/// <param name="Size">Bytes of the file.</param>
public sealed record LayerFile(string Path, string Digest, string DiffId, long Size)
{
    /// <summary>The modification time of everything in a layer.</summary>
    public static readonly DateTimeOffset Time = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a layer from entries. A parent folder that is not named is added, owned by root with mode 755.</summary>
    /// <exception cref="ArgumentException">Two entries have the same path.</exception>
    public static LayerFile Write(string path, IEnumerable<LayerEntry> entries)
    {
        var byPath = new SortedDictionary<string, LayerEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var name = entry.Path.Trim('/');
            if (name.Length == 0) continue;
            if (!byPath.TryAdd(name, entry)) throw new ArgumentException($"two entries of the layer have the path {name}");
        }

        foreach (var name in byPath.Keys.ToList())
        {
            for (var slash = name.LastIndexOf('/'); slash > 0; slash = name.LastIndexOf('/', slash - 1))
                byPath.TryAdd(name[..slash], LayerEntry.Folder(name[..slash]));
        }

        return Compress(path, output =>
        {
            using var tar = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true);
            foreach (var (name, entry) in byPath) Append(tar, name, entry);
        });
    }

    /// <summary>Makes a layer of a tar file, as it is.</summary>
    public static LayerFile FromTar(string path, string tarFile) => Compress(path, output =>
    {
        using var tar = File.OpenRead(tarFile);
        tar.CopyTo(output, 1 << 20);
    });

    /// <summary>Reads back a layer written before.</summary>
    public static LayerFile Open(string path)
    {
        using var file = File.OpenRead(path);
        var digest = Sha256(file);
        file.Position = 0;
        using var tar = new GZipStream(file, CompressionMode.Decompress);
        return new LayerFile(path, digest, Sha256(tar), new FileInfo(path).Length);
    }

    internal static string Sha256(Stream stream) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(stream));

    internal static string Sha256(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static void Append(TarWriter tar, string name, LayerEntry entry)
    {
        var item = new GnuTarEntry(entry.Type, entry.Type == TarEntryType.Directory ? name + "/" : name)
        {
            Mode = entry.Mode,
            Uid = entry.Uid,
            Gid = entry.Gid,
            ModificationTime = Time,
        };
        if (entry.LinkTarget is { } target) item.LinkName = target;
        using var content = entry.Type != TarEntryType.RegularFile ? null
            : entry.SourceFile is { } source ? (Stream)File.OpenRead(source)
            : new MemoryStream(entry.Content.ToArray());
        if (content is not null) item.DataStream = content;
        tar.WriteEntry(item);
    }

    private static LayerFile Compress(string path, Action<Stream> writeTar)
    {
        var unfinished = path + ".unfinished";
        string digest, diffId;
        using (var file = File.Create(unfinished))
        using (var compressedHash = SHA256.Create())
        using (var tarHash = SHA256.Create())
        {
            using (var hashed = new CryptoStream(file, compressedHash, CryptoStreamMode.Write, leaveOpen: true))
            using (var gzip = new GZipStream(hashed, CompressionLevel.Fastest))
            using (var tar = new CryptoStream(gzip, tarHash, CryptoStreamMode.Write))
                writeTar(tar);
            digest = "sha256:" + Convert.ToHexStringLower(compressedHash.Hash!);
            diffId = "sha256:" + Convert.ToHexStringLower(tarHash.Hash!);
        }

        File.Move(unfinished, path, overwrite: true);
        return new LayerFile(path, digest, diffId, new FileInfo(path).Length);
    }
}
