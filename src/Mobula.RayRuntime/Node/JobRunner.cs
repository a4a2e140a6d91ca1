using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Node;

/// <summary>Runs the entrypoints of submitted jobs: a shell in a session of its own, its output straight into the job's log file.</summary>
internal sealed class JobRunner(NodeOptions options, Packages packages, Action<JsonObject> send, TimeProvider clock)
{
    private const int TailLines = 10, TailCharacters = 20_000;
    private readonly ConcurrentDictionary<string, Process> _jobs = new();

    public static string LogFile(string logDir, string id) => Path.Combine(logDir, $"job-driver-{id}.log");

    public async Task RunAsync(JsonObject h)
    {
        var id = h.Text("id");
        var environment = h.Object("env");
        var log = LogFile(options.LogDir, id);
        try
        {
            var time = clock.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss,fff", CultureInfo.InvariantCulture);
            await File.WriteAllTextAsync(log, $"{time}\tINFO job_manager.py:593 -- Runtime env is setting up.\n");
            var folder = await packages.WorkingDirectoryAsync(environment);
            await File.AppendAllTextAsync(log, $"Running entrypoint for job {id}: {h.Text("entrypoint")}\n");
            var start = new ProcessStartInfo("setsid") { WorkingDirectory = folder ?? Environment.CurrentDirectory };
            foreach (var argument in new[] { "/bin/sh", "-c", "exec >>\"$0\" 2>&1 </dev/null; exec /bin/sh -c \"$1\"", log, h.Text("entrypoint") })
                start.ArgumentList.Add(argument);
            start.Environment["RAY_ADDRESS"] = h.Text("address");
            start.Environment["RAY_JOB_CONFIG_JSON_ENV_VAR"] = h.Text("config");
            start.Environment["RAY_LD_PRELOAD_ON_WORKERS"] = "0";
            start.Environment["RAY_CLIENT_MODE"] = "0";
            start.Environment["RAY_EXPERIMENTAL_NOSET_CUDA_VISIBLE_DEVICES"] = "1";
            start.Environment["RAY_EXPERIMENTAL_NOSET_ASCEND_RT_VISIBLE_DEVICES"] = "1";
            start.Environment["RAY_AUTH_MODE"] = Environment.GetEnvironmentVariable("RAY_AUTH_MODE") ?? "disabled";
            start.Environment["PYTHONUNBUFFERED"] = "1";
            start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
            start.Environment["RAY_worker_niceness"] = "0";
            foreach (var (name, value) in environment.Object("env_vars")) start.Environment[name] = (string?)value;
            var process = new Process { StartInfo = start };
            process.Start();
            _jobs[id] = process;
            send(new() { ["t"] = "job_started", ["id"] = id });
            await process.WaitForExitAsync();
            _jobs.TryRemove(id, out _);
            var code = process.ExitCode;
            send(new() { ["t"] = "job_ended", ["id"] = id, ["code"] = code, ["tail"] = code == 0 ? "" : Tail(log) });
            process.Dispose();
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or InvalidDataException or TimeoutException or System.ComponentModel.Win32Exception)
        {
            send(new() { ["t"] = "job_ended", ["id"] = id, ["setup_error"] = e.Message });
        }
    }

    /// <summary>The last lines of a log, as a failed job's message shows them.</summary>
    internal static string Tail(string log)
    {
        var lines = File.ReadAllText(log, Encoding.UTF8).Split('\n');
        var ended = lines[^1].Length == 0;
        if (ended) lines = lines[..^1];
        var text = string.Join('\n', lines.TakeLast(TailLines)) + (ended ? "\n" : "");
        return text.Length > TailCharacters ? text[^TailCharacters..] : text;
    }

    /// <summary>SIGTERM to the job's process group, SIGKILL three seconds later.</summary>
    public async Task StopAsync(string id)
    {
        if (!_jobs.TryGetValue(id, out var process)) return;
        var group = process.Id;
        Posix.Kill(-group, Posix.SigTerm);
        for (var i = 0; i < 30 && _jobs.ContainsKey(id); i++) await Task.Delay(100);
        if (_jobs.ContainsKey(id)) Posix.Kill(-group, Posix.SigKill);
    }

    public Task StopAllAsync() => Task.WhenAll(_jobs.Keys.Select(StopAsync));
}
