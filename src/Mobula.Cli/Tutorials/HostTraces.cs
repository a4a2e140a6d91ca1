using System.Diagnostics;

namespace Mobula.Cli.Tutorials;

/// <summary>What clusters leave on a machine: looked at before and after, to show that nothing stays.</summary>
internal static class HostTraces
{
    /// <summary>The traces there are now, one line each.</summary>
    public static IReadOnlyList<string> List() =>
    [
        .. Directory.EnumerateDirectories("/sys/class/net").Select(d => $"network interface {Path.GetFileName(d)}"),
        .. File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')[1]).Where(IsOurs).Select(m => $"mount {m}"),
        .. Rules().Select(r => $"iptables rule {r}"),
        .. Cgroups().Select(c => $"cgroup {c}"),
        .. Processes().Select(p => $"process {p}"),
    ];

    private static bool IsOurs(string path) => path.Contains("mobula", StringComparison.Ordinal);

    private static IEnumerable<string> Rules()
    {
        foreach (var table in new[] { "nat", "filter", "mangle" })
        {
            using var process = Process.Start(new ProcessStartInfo("iptables", ["-t", table, "-S"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null) continue;
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            foreach (var rule in text.Split('\n').Where(l => l.Contains("mobula", StringComparison.OrdinalIgnoreCase) || l.Contains("CNI", StringComparison.Ordinal))) yield return $"{table} {rule}";
        }
    }

    private static IEnumerable<string> Cgroups() =>
        Directory.Exists("/sys/fs/cgroup")
            ? Directory.EnumerateDirectories("/sys/fs/cgroup", "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true }).Where(IsOurs)
            : [];

    private static IEnumerable<string> Processes()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ').Trim();
            }
            catch (IOException)
            {
                continue;
            }
            // The cluster's programs carry its folder on their command lines; this program itself does not run long.
            if (command.Contains("containerd", StringComparison.Ordinal) && IsOurs(command)) yield return command;
        }
    }

}
