using System.Runtime.InteropServices;

namespace Mobula.Node.Volumes;

/// <summary>System calls on files and mounts that .NET has no API for.</summary>
internal static partial class FileCalls
{
    private const ulong MountBind = 4096;

    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void MountTmpfs(string target, string options) => Check(Mount("tmpfs", target, "tmpfs", 0, options), target);

    /// <summary>Unmounts, now for names and later for those who still use it; what is no mount is left alone.</summary>
    public static void Unmount(string target) => _ = Libc.Unmount(target, Libc.MountDetach);

    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void ChangeOwner(string path, long user, long group) => Check(LChown(path, (int)user, (int)group), path);

    /// <summary>Puts one name in the place of another at once; a link is moved itself, not what it points to.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void Rename(string from, string to) => Check(RenameFile(from, to), to);

    /// <summary>Removes an empty folder; a full or missing one stays as it is.</summary>
    public static void RemoveDirectory(string path) => _ = Libc.RemoveDirectory(path);

    /// <summary>
    /// Binds what lies at a path inside a folder to a target. No part of the path is followed if it is a link, so that a container
    /// that changes its volume meanwhile gains nothing.
    /// </summary>
    /// <exception cref="IOException">A part of the path is a link or is missing, or the kernel refuses.</exception>
    public static void BindInside(string folder, string path, string target)
    {
        var handle = Libc.OpenFile(folder, Libc.OpenPath | Libc.OpenNoFollow);
        try
        {
            foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                var next = Libc.OpenFile(handle, part, Libc.OpenPath | Libc.OpenNoFollow);
                handle.Dispose();
                handle = next;
            }
            Check(Mount($"/proc/self/fd/{handle.DangerousGetHandle()}", target, null, MountBind, null), target);
        }
        finally
        {
            handle.Dispose();
        }
    }

    private static void Check(int result, string path)
    {
        if (result < 0) throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChown(string path, int user, int group);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);
}
