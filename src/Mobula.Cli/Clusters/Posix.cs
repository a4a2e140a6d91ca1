using System.Runtime.InteropServices;

namespace Mobula.Cli.Clusters;

/// <summary>The calls of the C library that .NET has no method for.</summary>
internal static partial class Posix
{
    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>Sends a signal; 0 when it was sent, else -1.</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>Makes this process the leader of a session of its own, so that no terminal's signals reach it.</summary>
    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    public static partial int SetSession();

    /// <summary>Keeps a file descriptor from the programs that this process starts.</summary>
    public static void CloseOnExec(int descriptor)
    {
        const int setFlags = 2, closeOnExec = 1;
        _ = Control(descriptor, setFlags, closeOnExec);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);
}
