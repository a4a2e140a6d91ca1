using System.Runtime.InteropServices;

namespace Mobula.Node.Volumes;

/// <summary>System calls on files and mounts that .NET has no API for.</summary>
internal static partial class FileCalls
{
    private const int OpenPath = 0x200000;
    private const int OpenNoFollow = 0x20000;
    private const int OpenCloseOnExec = 0x80000;
    private const ulong MountBind = 4096;
    private const int UnmountDetach = 2;

    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void MountTmpfs(string target, string options) => Check(Mount("tmpfs", target, "tmpfs", 0, options), target);

    /// <summary>Unmounts, now for names and later for those who still use it; what is no mount is left alone.</summary>
    public static void Unmount(string target) => _ = Umount2(target, UnmountDetach);

    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void ChangeOwner(string path, long user, long group) => Check(LChown(path, (int)user, (int)group), path);

    /// <summary>Puts one name in the place of another at once; a link is moved itself, not what it points to.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void Rename(string from, string to) => Check(RenameFile(from, to), to);

    /// <summary>Removes an empty folder; a full or missing one stays as it is.</summary>
    public static void RemoveDirectory(string path) => _ = RmDir(path);

    /// <summary>
    /// Binds what lies at a path inside a folder to a target. No part of the path is followed if it is a link, so that a container
    /// that changes its volume meanwhile gains nothing.
    /// </summary>
    /// <exception cref="IOException">A part of the path is a link or is missing, or the kernel refuses.</exception>
    public static void BindInside(string folder, string path, string target)
    {
        var handle = Open(folder, OpenPath | OpenNoFollow | OpenCloseOnExec);
        Check(handle, folder);
        try
        {
            foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                var next = OpenAt(handle, part, OpenPath | OpenNoFollow | OpenCloseOnExec);
                Check(next, path);
                _ = Close(handle);
                handle = next;
            }
            Check(Mount($"/proc/self/fd/{handle}", target, null, MountBind, null), target);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static void Check(int result, string path)
    {
        if (result < 0) throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Umount2(string target, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChown(string path, int user, int group);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RmDir(string path);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int folder, string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
