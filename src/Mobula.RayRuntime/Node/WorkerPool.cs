using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Node;

/// <summary>Starts and ends the Python workers of this node and passes on what they print.</summary>
internal sealed class WorkerPool(NodeOptions options, Packages packages, Action<JsonObject> send)
{
    private readonly ConcurrentDictionary<string, Process> _processes = new();
    private readonly ConcurrentDictionary<string, bool> _killed = new();

    public static string Python => Environment.GetEnvironmentVariable("RAY_PYTHON") ?? "python3";

    public async Task StartAsync(JsonObject h)
    {
        var id = h.Text("worker");
        var environment = h.Object("env");
        try
        {
            var folder = await packages.WorkingDirectoryAsync(environment);
            var modules = await packages.ModulesAsync(environment);
            if (_killed.ContainsKey(id)) return;
            var start = new ProcessStartInfo(Python)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder ?? Environment.CurrentDirectory,
            };
            foreach (var argument in new[] { "-u", "-m", "ray._private.worker_main" }) start.ArgumentList.Add(argument);
            var job = h.Text("job");
            start.Environment["RAY_JOB_ID"] = job;
            start.Environment["RAY_RAYLET_PID"] = Environment.ProcessId.ToString();
            start.Environment["OMP_NUM_THREADS"] = h.Number("threads", 1).ToString();
            start.Environment["RAY_CLIENT_MODE"] = "0";
            start.Environment["RAY_LD_PRELOAD_ON_WORKERS"] = "0";
            start.Environment["SPT_NOENV"] = "1";
            start.Environment["PYTHONBREAKPOINT"] = "ray.util.rpdb.set_trace";
            start.Environment.Remove("RAY_ADDRESS");
            foreach (var (name, value) in environment.Object("env_vars")) start.Environment[name] = (string?)value;
            var paths = new List<string>();
            if (folder is not null) paths.Add(folder);
            paths.AddRange(modules);
            if (h.TextOrNull("script_dir") is { } script && Directory.Exists(script)) paths.Add(script);
            start.Environment["_RAY_WORKER"] = new JsonObject
            {
                ["worker"] = id,
                ["job"] = job,
                ["node"] = options.NodeId,
                ["ip"] = options.Ip,
                ["host"] = options.GcsHost,
                ["port"] = options.GcsPort,
                ["store"] = options.StoreDir,
                ["session"] = options.SessionDir,
                ["agent"] = options.AgentPort,
                ["paths"] = JsonFields.ArrayOf(paths),
                ["env"] = environment.DeepClone(),
            }.ToJsonString();
            var process = new Process { StartInfo = start };
            process.Start();
            _processes[id] = process;
            if (_killed.ContainsKey(id)) End(process);
            var prefix = Path.Combine(options.LogDir, $"worker-{id}-{job}-{process.Id}");
            var output = new WorkerOutput(job, process.Id, options.Ip, options.NodeId, send);
            await Task.WhenAll(output.ReadAsync(process.StandardOutput.BaseStream, prefix + ".out", isError: false),
                output.ReadAsync(process.StandardError.BaseStream, prefix + ".err", isError: true));
            await process.WaitForExitAsync();
            _processes.TryRemove(id, out _);
            _killed.TryRemove(id, out _);
            send(new() { ["t"] = "worker_exit", ["worker"] = id, ["code"] = process.ExitCode });
            process.Dispose();
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or InvalidDataException or TimeoutException or System.ComponentModel.Win32Exception)
        {
            send(new() { ["t"] = "worker_failed", ["worker"] = id, ["error"] = e.Message });
        }
    }

    public void Kill(string id)
    {
        _killed[id] = true;
        if (_processes.TryGetValue(id, out var process)) End(process);
    }

    public void KillAll()
    {
        foreach (var id in _processes.Keys) Kill(id);
    }

    private static void End(Process process)
    {
        try
        {
            Posix.Kill(process.Id, Posix.SigKill);
        }
        catch (InvalidOperationException) { }
    }
}
