using System.Diagnostics;

namespace Mobula.Cli.Clusters;

/// <summary>The versions of the programs that run containers on this machine.</summary>
internal static class ContainerTools
{
    /// <summary>For example <c>containerd 1.6.20, runc 1.1.5</c>; asked for once.</summary>
    public static string Versions { get; } = $"containerd {VersionOf("containerd", 2)}, runc {VersionOf("runc", 2)}";

    /// <summary>The word of a program's version line at a place, without the distribution's additions.</summary>
    private static string VersionOf(string program, int word)
    {
        using var process = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true });
        var words = (process?.StandardOutput.ReadLine() ?? "").Split(' ');
        process?.WaitForExit();
        return words.Length > word ? words[word].Split('~', '+')[0] : "?";
    }
}
