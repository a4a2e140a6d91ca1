using System.Formats.Tar;

namespace Mobula.Node.Images;

/// <summary>One file, folder or link of an image layer.</summary>
/// <param name="Path">Where it lies in the image, relative to its root, with <c>/</c>.</param>
/// <param name="Type">A regular file, a directory or a symbolic link.</param>
/// <param name="Mode">Its permissions.</param>
public sealed record LayerEntry(string Path, TarEntryType Type, UnixFileMode Mode)
{
    /// <summary>Owner, 0 to 2^21-1.</summary>
    public int Uid { get; init; }

    /// <summary>Group, 0 to 2^21-1.</summary>
    public int Gid { get; init; }

    /// <summary>The file of this host whose content it has; null for <see cref="Content"/>.</summary>
    public string? SourceFile { get; init; }

    /// <summary>The content of a file without <see cref="SourceFile"/>.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Where a symbolic link points.</summary>
    public string? LinkTarget { get; init; }

    private const UnixFileMode ExecutableMode = (UnixFileMode)0b111_101_101;

    /// <summary>A directory with mode 755 unless told otherwise.</summary>
    public static LayerEntry Folder(string path, UnixFileMode mode = ExecutableMode, int uid = 0, int gid = 0) =>
        new(path, TarEntryType.Directory, mode) { Uid = uid, Gid = gid };

    /// <summary>A copy of a file of this host, with its permissions.</summary>
    public static LayerEntry File(string path, string sourceFile, int uid = 0, int gid = 0) =>
        new(path, TarEntryType.RegularFile, System.IO.File.GetUnixFileMode(sourceFile)) { SourceFile = sourceFile, Uid = uid, Gid = gid };

    /// <summary>A file with the content given and mode 644.</summary>
    public static LayerEntry Text(string path, string content, int uid = 0, int gid = 0) =>
        new(path, TarEntryType.RegularFile, (UnixFileMode)0b110_100_100) { Content = System.Text.Encoding.UTF8.GetBytes(content), Uid = uid, Gid = gid };

    /// <summary>A symbolic link.</summary>
    public static LayerEntry Link(string path, string target) =>
        new(path, TarEntryType.SymbolicLink, (UnixFileMode)0b111_111_111) { LinkTarget = target };

    /// <summary>
    /// A folder of this host with all it holds, placed at <paramref name="path"/>. Permissions and symbolic links are kept;
    /// the owner is the one given.
    /// </summary>
    public static IEnumerable<LayerEntry> Tree(string path, string sourceFolder, int uid = 0, int gid = 0)
    {
        yield return Folder(path, System.IO.File.GetUnixFileMode(sourceFolder), uid, gid);
        foreach (var source in Directory.EnumerateFileSystemEntries(sourceFolder))
        {
            var inside = path.TrimEnd('/') + "/" + System.IO.Path.GetFileName(source);
            if (new FileInfo(source).LinkTarget is { } target)
            {
                yield return Link(inside, target) with { Uid = uid, Gid = gid };
            }
            else if (Directory.Exists(source))
            {
                foreach (var entry in Tree(inside, source, uid, gid)) yield return entry;
            }
            else
            {
                yield return File(inside, source, uid, gid);
            }
        }
    }
}
