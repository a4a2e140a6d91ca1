using System.Diagnostics;
using System.Text.RegularExpressions;
using Mobula.Cli.Clusters;

namespace Mobula.Cli.Tutorials;

/// <summary>
/// What a cluster has put on this machine, remembered while it is there, to show afterwards that nothing stays. What others do on
/// the machine meanwhile, other clusters too, is not looked at.
/// </summary>
internal sealed class ClusterTraces
{
    private readonly string _folder;
    private readonly string _runFolder;
    private readonly string _claim;
    private readonly string _bridge;
    private readonly Regex _name;
    private readonly IReadOnlyList<string> _interfaces;

    private ClusterTraces(ClusterDirectory directory, ClusterRecord record)
    {
        _folder = directory.Root;
        _bridge = $"mobula{record.NetworkIndex}";
        _runFolder = $"/run/mobula/{record.NetworkIndex}-";
        _claim = $"/run/mobula/networks/{record.NetworkIndex}";
        // The bridge's name is also that of the CNI network and of the cgroup, and in capitals the prefix of the chains.
        _name = new($"(?<![A-Za-z0-9]){_bridge}(?![0-9])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        var ports = $"/sys/class/net/{_bridge}/brif";
        _interfaces = [_bridge, .. Directory.Exists(ports) ? Directory.EnumerateFileSystemEntries(ports).Select(p => Path.GetFileName(p)) : []];
    }

    /// <summary>Remembers what a running cluster has.</summary>
    public static ClusterTraces Of(ClusterDirectory directory) => new(directory, ClusterRecord.Read(directory));

    /// <summary>What of it is there now, a line each.</summary>
    public IReadOnlyList<string> Remaining() =>
    [
        .. _interfaces.Where(i => Directory.Exists($"/sys/class/net/{i}")).Select(i => $"network interface {i}"),
        .. File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')[1]).Where(IsOurs).Select(m => $"mount {m}"),
        .. Rules().Select(r => $"iptables rule {r}"),
        .. Cgroups().Select(c => $"cgroup {c}"),
        .. Processes().Select(p => $"process {p}"),
        .. Files().Select(f => $"file {f}"),
    ];

    private bool IsOurs(string text) => text.Contains(_folder, StringComparison.Ordinal) || text.Contains(_runFolder, StringComparison.Ordinal);

    private IEnumerable<string> Rules()
    {
        foreach (var table in new[] { "nat", "filter", "mangle" })
        {
            using var process = Process.Start(new ProcessStartInfo("iptables", ["-t", table, "-S"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null) continue;
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            foreach (var rule in text.Split('\n').Where(l => _name.IsMatch(l))) yield return $"{table} {rule}";
        }
    }

    /// <summary>In the one tree of version 2, or in each of version 1.</summary>
    private IEnumerable<string> Cgroups() =>
        Directory.Exists("/sys/fs/cgroup")
            ? Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(d => Path.Combine(d, _bridge)).Where(Directory.Exists)
            : [];

    private IEnumerable<string> Processes()
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
                // It has ended.
                continue;
            }
            // A person's editor may have a file of the cluster open.
            var program = Path.GetFileName(command.Split(' ')[0]);
            if (IsOurs(command) && (program.StartsWith("containerd", StringComparison.Ordinal) || program.StartsWith("mobula", StringComparison.Ordinal))) yield return command;
        }
    }

    private IEnumerable<string> Files()
    {
        if (Directory.Exists(_folder)) yield return _folder;
        if (Directory.Exists("/run/mobula"))
            foreach (var path in Directory.EnumerateDirectories("/run/mobula").Where(IsOurs)) yield return path;
        if (File.Exists(_claim) && File.ReadAllText(_claim) == _folder) yield return _claim;
        if (Directory.Exists("/var/lib/cni/results"))
            foreach (var path in Directory.EnumerateFiles("/var/lib/cni/results", _bridge + "-*")) yield return path;
    }
}
