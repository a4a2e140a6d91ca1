using System.Runtime.InteropServices;

namespace Mobula.RayRuntime.Node;

/// <summary>The calls to the C library that .NET does not offer.</summary>
internal static partial class Posix
{
    public const int SigTerm = 15, SigKill = 9;

    /// <summary>Sends a signal; a negative pid is a process group. 0 when it was sent.</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>Replaces a name at once; .NET's Move does not take links to folders.</summary>
    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Rename(string from, string to);
}
