using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Node;

namespace Mobula.RayRuntime.Commands;

/// <summary>`ray start`: starts the node's process, waits until it is up, and with --block stays as its guard.</summary>
internal static class StartCommand
{
    private static readonly string[] Valued =
    [
        "--address", "--port", "--node-ip-address", "--node-name", "--dashboard-host", "--dashboard-port", "--dashboard-agent-listen-port", "--dashboard-agent-grpc-port",
        "--dashboard-grpc-port", "--metrics-export-port", "--num-cpus", "--num-gpus", "--memory", "--resources", "--labels", "--labels-file", "--object-store-memory",
        "--object-manager-port", "--node-manager-port", "--min-worker-port", "--max-worker-port", "--worker-port-list", "--ray-client-server-port", "--redis-password",
        "--redis-username", "--redis-shard-ports", "--runtime-env-agent-port", "--temp-dir", "--plasma-directory", "--autoscaling-config", "--log-style", "--log-color",
        "--system-config", "--storage", "--ray-debugger-external", "--tracing-startup-hook", "--include-dashboard", "--gcs-server-port",
    ];

    private static readonly string[] Flags =
        ["--head", "--block", "--no-monitor", "--disable-usage-stats", "--no-redirect-output", "--include-log-monitor", "--enable-resource-isolation", "--ray-debugger-external", "-v", "--verbose"];

    public static async Task<int> RunAsync(string[] args)
    {
        var a = Arguments.Parse(args, Valued, Flags);
        var log = new CommandLog(TimeProvider.System, "scripts.py:1");
        var head = a.Has("--head");
        var address = a.Value("--address") is { Length: > 0 } given ? given : null;
        if (!head && address is null)
        {
            log.Panic("`--address` is a required flag unless starting a head node with `--head`.");
            Console.Error.WriteLine("Error: `{}` is a required flag unless starting a head node with `{}`.");
            return 1;
        }
        if (!head && a.Value("--port") is not null)
        {
            log.Panic("`--port` should only be specified when starting head node with `--head`.");
            Console.Error.WriteLine("Error: `--port` should only be specified when starting head node with `--head`.");
            return 1;
        }
        if (Resources(a, log, out var resources) is { } wrongResources) return wrongResources;
        if (Labels(a, log, out var labels) is { } wrongLabels) return wrongLabels;

        if (a.Has("--disable-usage-stats") || Environment.GetEnvironmentVariable("RAY_USAGE_STATS_ENABLED") == "0")
            if (head) log.Other("usage_lib.py:448", "INFO", "Usage stats collection is disabled.");
        var options = Options(a, head, address, resources, labels);
        log.Info();
        log.Info($"Local node IP: {options.Ip}");
        if (head && await AnswersAsync("127.0.0.1", options.GcsPort))
        {
            Console.Error.WriteLine($"Traceback (most recent call last):\n  (in the command ray)\nConnectionError: Ray is trying to start at {options.Ip}:{options.GcsPort}, but is already running at {options.Ip}:{options.GcsPort}. Please specify a different port using the `--port` flag of `ray start` command.");
            return 1;
        }
        if (head && Environment.GetEnvironmentVariable("RAY_AUTH_MODE") is null or "")
            log.Other("authentication_token_setup.py:1", "WARN", "Token authentication is disabled: whoever reaches this cluster's ports can run code on it. Set RAY_AUTH_MODE=token to require a token.", toError: true);
        return await RunNodeAsync(a, options, log);
    }

    private static int? Resources(Arguments a, CommandLog log, out JsonObject resources)
    {
        resources = [];
        if (a.Value("--resources") is { Length: > 0 } text)
        {
            try
            {
                resources = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("not an object");
            }
            catch (JsonException e)
            {
                log.Error($"`--resources={text}` is not a valid JSON string, detail error:{e.Message}");
                Console.Error.WriteLine("Error: Valid values look like this: `--resources='{\"CustomResource3\": 1, \"CustomResource2\": 2}'`");
                return 1;
            }
            foreach (var reserved in new[] { "CPU", "GPU", "memory", "object_store_memory" })
                if (resources.ContainsKey(reserved))
                {
                    Console.Error.WriteLine($"Traceback (most recent call last):\n  (in the command ray)\nAssertionError: `{reserved}` cannot be a custom resource (it is one of the reserved resources). Use `num_{reserved.ToLowerInvariant()}s` instead.");
                    return 1;
                }
        }
        foreach (var (flag, name) in new[] { ("--num-cpus", "CPU"), ("--num-gpus", "GPU"), ("--memory", "memory"), ("--object-store-memory", "object_store_memory") })
        {
            if ((flag is "--num-cpus" or "--num-gpus" ? a.Integer(flag) : a.Real(flag)) is not { } amount) continue;
            if (amount < 0)
            {
                Console.Error.WriteLine($"Traceback (most recent call last):\n  (in the command ray)\nValueError: Resource quantities must be nonnegative. Resource {name} has quantity {amount}");
                return 1;
            }
            resources[name] = amount;
        }
        return null;
    }

    private static int? Labels(Arguments a, CommandLog log, out JsonObject labels)
    {
        labels = [];
        foreach (var pair in (a.Value("--labels") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=') is not [{ Length: > 0 } key, var value])
            {
                log.Panic($"The value of `--labels` is not a valid string of key-value pairs, detail error:{pair}");
                Console.Error.WriteLine("Error: Valid values look like this: `--labels=\"key1=val1,key2=val2\"`");
                return 1;
            }
            if (key.StartsWith("ray.io/node-", StringComparison.Ordinal))
            {
                log.Panic($"Label keys beginning with `ray.io/node-` are Ray's own: {key}.");
                return 1;
            }
            labels[key.Trim()] = value.Trim();
        }
        return null;
    }

    private static NodeOptions Options(Arguments a, bool head, string? address, JsonObject resources, JsonObject labels)
    {
        var port = a.Integer("--port") ?? 6379;
        var (host, gcsPort) = head ? ("127.0.0.1", port) : Split(address!);
        var ip = a.Value("--node-ip-address");
        if (ip is null || IPAddress.TryParse(ip, out var parsed) && IPAddress.IsLoopback(parsed) && ip is "127.0.0.1") ip = OwnAddress(head ? "8.8.8.8" : host);
        else if (ip is "localhost") ip = OwnAddress("8.8.8.8");
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(28));
        var temp = a.Value("--temp-dir") ?? Environment.GetEnvironmentVariable("RAY_TMPDIR") ?? "/tmp/ray";
        var session = Path.Combine(temp, $"session_{DateTime.Now.ToString("yyyy-MM-dd_HH-mm-ss_ffffff", CultureInfo.InvariantCulture)}_{Environment.ProcessId}");
        // A node that joins a head on the same machine shares its session.
        if (!head && Path.Combine(temp, "session_latest") is var latest && Directory.Exists(latest) && NodeProcess.Local(temp).Any(n => n.Head && n.GcsPort == gcsPort))
            session = new DirectoryInfo(latest).LinkTarget is { } target ? Path.GetFullPath(target, temp) : latest;
        var memory = MemoryLimit();
        resources["CPU"] ??= Math.Max(1, Environment.ProcessorCount);
        var shared = Directory.Exists("/dev/shm") ? new DriveInfo("/dev/shm").TotalSize : 0;
        resources["object_store_memory"] ??= Math.Floor(Math.Min(memory * 0.3, shared * 0.95));
        resources["memory"] ??= Math.Floor(memory * 0.7);
        resources[$"node:{ip}"] = 1.0;
        if (head) resources["node:__internal_head__"] = 1.0;
        labels["ray.io/node-id"] = id;
        return new()
        {
            Head = head,
            NodeId = id,
            Ip = ip,
            GcsHost = host,
            GcsPort = gcsPort,
            DashboardHost = a.Value("--dashboard-host") ?? "127.0.0.1",
            DashboardPort = a.Integer("--dashboard-port") ?? 8265,
            AgentPort = a.Integer("--dashboard-agent-listen-port") ?? 52365,
            MetricsPort = a.Integer("--metrics-export-port") ?? 0,
            Resources = resources,
            Labels = labels,
            TempDir = temp,
            SessionDir = session,
            StoreDir = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : session, $"ray-{id[..16]}"),
        };
    }

    private static (string Host, int Port) Split(string address)
    {
        if (address.StartsWith("ray://", StringComparison.Ordinal)) address = address[6..];
        var colon = address.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(address[(colon + 1)..], out var port)) throw new UsageException($"Invalid value for '--address': '{address}' is not HOST:PORT.");
        var host = address[..colon];
        return (host, port);
    }

    /// <summary>The address of the interface that leads to <paramref name="towards"/>; no packet is sent.</summary>
    private static string OwnAddress(string towards)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(towards is "127.0.0.1" or "localhost" ? "8.8.8.8" : towards, 53);
            return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        }
        catch (SocketException)
        {
            return "127.0.0.1";
        }
    }

    private static double MemoryLimit()
    {
        foreach (var file in new[] { "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes" })
            if (File.Exists(file) && double.TryParse(File.ReadAllText(file).Trim(), out var limit) && limit < 1L << 50) return limit;
        return GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }

    internal static async Task<bool> AnswersAsync(string host, int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port).WaitAsync(TimeSpan.FromSeconds(5));
            return true;
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return false;
        }
    }

    private static async Task<int> RunNodeAsync(Arguments a, NodeOptions options, CommandLog log)
    {
        Directory.CreateDirectory(options.LogDir);
        Directory.CreateDirectory(options.StoreDir);
        Link(Path.Combine(options.TempDir, "session_latest"), options.SessionDir);
        var file = Path.Combine(options.SessionDir, $"start_{options.NodeId}.json");
        await File.WriteAllTextAsync(file, options.ToJson().ToJsonString());
        if (options.Head) await File.WriteAllTextAsync(Path.Combine(options.TempDir, "ray_current_cluster"), $"{options.Ip}:{options.GcsPort}");
        var output = Path.Combine(options.LogDir, options.Head ? "gcs_server.out" : $"raylet-{options.NodeId[..8]}.out");
        var start = new ProcessStartInfo("setsid");
        foreach (var argument in new[] { "/bin/sh", "-c", "exec >>\"$0\" 2>&1 </dev/null; exec \"$@\"", output }.Concat(Self()).Concat(["raylet", file])) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; stop.Cancel(); });
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => { c.Cancel = true; stop.Cancel(); });
        if (!await UpAsync(options, process, stop.Token))
        {
            if (stop.IsCancellationRequested) Posix.Kill(process.Id, Posix.SigTerm);
            else Console.Error.WriteLine($"The current node timed out during startup. Its output:\n{File.ReadAllText(output)}");
            return 1;
        }
        StartTexts.Started(log, options, a.Value("--node-ip-address") is not null);
        if (!a.Has("--block")) return 0;
        StartTexts.Blocking(log, options);
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"Node {options.NodeId} received SIGTERM. Draining for up to 30.0 seconds before shutting down local processes.");
            Posix.Kill(process.Id, Posix.SigTerm);
            if (!process.WaitForExit(30_000)) process.Kill();
            Console.Error.WriteLine("Local node finished draining; shutting down.");
            return 1;
        }
        var code = process.ExitCode;
        if (code is not (0 or 143))
        {
            var shown = code > 128 ? $"{128 - code} (signal {code - 128})" : code.ToString(CultureInfo.InvariantCulture);
            log.Error("Some Ray subprocesses exited unexpectedly:");
            Console.WriteLine($"----- BEGIN {Path.GetFileName(output)} tail -----\n{JobRunner.Tail(output)}----- END {Path.GetFileName(output)} tail (exit code(s)={shown}) -----");
            log.Error("Remaining processes will be killed.");
            return 1;
        }
        return 0;
    }

    /// <summary>How this program is started again: itself, or dotnet with its assembly.</summary>
    private static IEnumerable<string> Self()
    {
        var own = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(own) == "dotnet" ? [own, Environment.GetCommandLineArgs()[0]] : [own];
    }

    private static void Link(string link, string target)
    {
        var fresh = $"{link}.{Environment.ProcessId}";
        File.CreateSymbolicLink(fresh, Path.GetFileName(target));
        if (Posix.Rename(fresh, link) != 0) File.Delete(fresh);
    }

    private static async Task<bool> UpAsync(NodeOptions options, Process process, CancellationToken cancel)
    {
        // A node that joins comes up without its head, as Ray's does: its process waits for it.
        var ready = Path.Combine(options.SessionDir, $"node_{options.NodeId}.json");
        for (var i = 0; i < 1200 && !process.HasExited && !cancel.IsCancellationRequested; i++)
        {
            if (File.Exists(ready) && await AnswersAsync("127.0.0.1", options.AgentPort) && (!options.Head || await AnswersAsync(options.DashboardHost is "0.0.0.0" ? "127.0.0.1" : options.DashboardHost, options.DashboardPort))) return true;
            await Task.Delay(25, CancellationToken.None);
        }
        return false;
    }
}
