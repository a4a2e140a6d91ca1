using System.Runtime.InteropServices;

namespace Mobula.Node.Containerd;

/// <summary>The few system calls that .NET has no API for.</summary>
internal static partial class Libc
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>umount2: take the mount out of the tree now, free it when nobody uses it any more.</summary>
    public const int MountDetach = 2;

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

    /// <summary>Gives the calling thread a copy of its own of a namespace or of its file system attributes.</summary>
    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);
}
