using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mobula.Node;

/// <summary>The few system calls that .NET has no API for.</summary>
internal static partial class Libc
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>umount2: take the mount out of the tree now, free it when nobody uses it any more.</summary>
    public const int MountDetach = 2;

    public const int OpenReadOnly = 0;
    public const int OpenWriteOnly = 1;
    public const int OpenReadWrite = 2;
    public const int OpenNonBlocking = 0x800;
    public const int OpenCloseOnExec = 0x80000;

    /// <summary>open: only the place in the tree, not its content.</summary>
    public const int OpenPath = 0x200000;

    /// <summary>open: a link is not followed.</summary>
    public const int OpenNoFollow = 0x20000;

    /// <summary>setns: the descriptor is a network namespace.</summary>
    public const int NetworkNamespace = 0x40000000;

    /// <summary>Opens a file where .NET's own way would block or lock: named pipes, namespaces.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle OpenFile(string path, int flags)
    {
        var descriptor = Open(path, flags | OpenCloseOnExec);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw CannotOpen(path);
    }

    /// <summary>Opens what lies directly in an open folder.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle OpenFile(SafeFileHandle folder, string name, int flags)
    {
        var descriptor = OpenAt(folder, name, flags | OpenCloseOnExec);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw CannotOpen(name);
    }

    private static IOException CannotOpen(string path) => new($"cannot open {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(SafeFileHandle folder, string path, int flags);

    /// <summary>Sends a signal; 0 only asks whether the process is there. Returns 0, or -1 with errno.</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>Unmounts what is mounted at the path.</summary>
    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    /// <summary>Makes a named pipe; the mode is octal 600 and the like.</summary>
    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFifo(string path, uint mode);

    /// <summary>Moves the calling thread into the namespace behind the file descriptor.</summary>
    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeHandle descriptor, int kind);

    /// <summary>Removes an empty folder; a cgroup's folder counts as empty, though it lists files.</summary>
    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    /// <summary>A new inotify instance.</summary>
    /// <exception cref="IOException">This user has as many as the system allows.</exception>
    public static SafeFileHandle OpenInotify()
    {
        var descriptor = InitInotify(OpenCloseOnExec);
        if (descriptor < 0) throw new IOException($"cannot watch files: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())} (fs.inotify.max_user_instances)");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddInotifyWatch(SafeFileHandle inotify, string path, uint events);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    public static partial int RemoveInotifyWatch(SafeFileHandle inotify, int watch);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InitInotify(int flags);
}
