using Mobula.RayRuntime.Node;

namespace Mobula.RayRuntime.Commands;

/// <summary>`ray stop`: ends every Ray process of this machine.</summary>
internal static class StopCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var a = Arguments.Parse(args, ["--grace-period", "-g"], ["--force", "-f", "-v", "--verbose"]);
        var log = new CommandLog(TimeProvider.System, "scripts.py:1");
        var grace = TimeSpan.FromSeconds(double.TryParse(a.Value("--grace-period", "-g"), out var s) ? s : 16);
        var found = Processes().ToList();
        if (found.Count == 0)
        {
            log.Info("Did not find any active Ray processes.");
            return 0;
        }
        var force = a.Has("--force") || a.Has("-f");
        var nodes = found.Where(p => p.Node).Select(p => p.Pid).ToList();
        foreach (var (pid, node) in found)
            if (node || force) Posix.Kill(pid, force ? Posix.SigKill : Posix.SigTerm);
        // Workers end with their node.
        var deadline = DateTime.UtcNow + grace;
        while (DateTime.UtcNow < deadline && found.Any(p => Runs(p.Pid))) await Task.Delay(50);
        var stubborn = found.Where(p => Runs(p.Pid)).ToList();
        foreach (var (pid, _) in stubborn) Posix.Kill(pid, Posix.SigKill);
        log.Info($"{nodes.Count}/{nodes.Count} stopped.");
        log.Success($"Stopped all {found.Count} Ray processes.");
        return 0;
    }

    private static bool Runs(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static IEnumerable<(int Pid, bool Node)> Processes()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid) || pid == Environment.ProcessId) continue;
            string[] words;
            try
            {
                words = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            var raylet = Array.IndexOf(words, "raylet");
            if (raylet > 0 && words.Length > raylet + 1 && Path.GetFileName(words[raylet + 1]).StartsWith("start_", StringComparison.Ordinal) && words[0] is not ("setsid" or "/bin/sh")) yield return (pid, true);
            else if (words.Contains("ray._private.worker_main")) yield return (pid, false);
        }
    }
}
