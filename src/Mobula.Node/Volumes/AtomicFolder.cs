using System.Globalization;
using System.Security.Cryptography;

namespace Mobula.Node.Volumes;

/// <summary>A file that a volume shall hold.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Mode">Its permissions.</param>
internal sealed record VolumeFile(byte[] Content, UnixFileMode Mode);

/// <summary>
/// A folder whose files change all at once: they lie in a folder named by the time, which the link <c>..data</c> points to, and the
/// names that people see are links through it.
/// </summary>
internal static class AtomicFolder
{
    private const string DataLink = "..data";

    /// <summary>Makes the folder hold these files; true when something changed.</summary>
    /// <param name="folder">It exists.</param>
    /// <param name="files">By relative path.</param>
    /// <param name="now">Names the new folder.</param>
    /// <param name="prepare">Called with the new folder before it is shown: sets owners.</param>
    public static bool Write(string folder, IReadOnlyDictionary<string, VolumeFile> files, DateTimeOffset now, Action<string> prepare)
    {
        var link = Path.Combine(folder, DataLink);
        var current = new DirectoryInfo(link).LinkTarget is { } target ? Path.Combine(folder, target) : null;
        if (current is not null && Holds(current, files)) return false;
        var name = $"..{now.UtcDateTime.ToString("yyyy_MM_dd_HH_mm_ss", CultureInfo.InvariantCulture)}.{RandomNumberGenerator.GetInt32(1_000_000_000, int.MaxValue)}";
        var made = Directory.CreateDirectory(Path.Combine(folder, name));
        File.SetUnixFileMode(made.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        foreach (var (path, file) in files)
        {
            var full = Path.Combine(made.FullName, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(full, file.Content);
            File.SetUnixFileMode(full, file.Mode);
        }
        prepare(made.FullName);
        var temporary = Path.Combine(folder, "..data_tmp");
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, name);
        FileCalls.Rename(temporary, link);
        var tops = files.Keys.Select(p => p.Split('/')[0]).ToHashSet();
        foreach (var top in tops)
        {
            var visible = Path.Combine(folder, top);
            if (new FileInfo(visible).LinkTarget is null) File.CreateSymbolicLink(visible, $"{DataLink}/{top}");
        }
        foreach (var old in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            if (old.LinkTarget is not null && old.Name != DataLink && !tops.Contains(old.Name)) File.Delete(old.FullName);
        if (current is not null && Directory.Exists(current)) Directory.Delete(current, recursive: true);
        return true;
    }

    private static bool Holds(string folder, IReadOnlyDictionary<string, VolumeFile> files)
    {
        if (!Directory.Exists(folder)) return false;
        var present = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).ToHashSet();
        return present.SetEquals(files.Keys) && files.All(f => File.ReadAllBytes(Path.Combine(folder, f.Key)).AsSpan().SequenceEqual(f.Value.Content));
    }
}
