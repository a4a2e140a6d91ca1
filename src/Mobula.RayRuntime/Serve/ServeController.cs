using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Node;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Serve;

/// <summary>
/// The head's side of Serve: gives the wanted configuration to the controller (a Python process that makes the replicas), keeps
/// what it says of the applications, and spreads the routes to the nodes' proxies. Nothing runs until something is deployed.
/// </summary>
internal sealed class ServeController(Cluster cluster, NodeOptions options)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Lock _gate = new();
    private Process? _process;
    private JsonObject? _config;
    private JsonObject _http = [];
    private JsonObject _controller = [];
    private JsonObject _applications = [];
    private TaskCompletionSource _taken = new();
    private long _sequence;

    /// <summary>Makes a configuration the wanted one; returns once the controller has it.</summary>
    /// <exception cref="TimeoutException">The controller does not come up; its log says why.</exception>
    public async Task DeployAsync(JsonObject config)
    {
        await _changing.WaitAsync();
        try
        {
            Task taken;
            lock (_gate)
            {
                if (_config is null) _http = HttpOptions(config);
                _config = config;
                _sequence++;
                _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
                taken = _taken.Task;
                if (_process is null) Start();
                else Tell();
            }
            await taken.WaitAsync(Patience);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Ends all applications and Serve itself.</summary>
    public async Task ShutDownAsync()
    {
        await _changing.WaitAsync();
        try
        {
            Process? process;
            lock (_gate)
            {
                process = _process;
                (_process, _config, _applications, _controller) = (null, null, [], []);
                cluster.SpreadServe(null);
            }
            if (process is null) return;
            // The end of its input is the controller's; the replicas go with it.
            process.StandardInput.Close();
            try
            {
                await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5));
            }
            catch (TimeoutException)
            {
                process.Kill();
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>What <c>GET /api/serve/applications/</c> shows.</summary>
    public JsonObject Details(bool declarative)
    {
        lock (_gate)
        {
            if (_config is null) return new() { ["controller_info"] = new JsonObject(), ["proxies"] = new JsonObject(), ["applications"] = new JsonObject(), ["target_capacity"] = null };
            return new()
            {
                ["controller_info"] = _controller.DeepClone(),
                ["proxy_location"] = _http.Text("location"),
                ["http_options"] = Shown(_http),
                // Serve's gRPC port is not opened; the fields stand as a client of the API expects them.
                ["grpc_options"] = new JsonObject { ["port"] = 9000, ["grpc_servicer_functions"] = new JsonArray(), ["request_timeout_s"] = null, ["enable_reflection"] = true },
                ["proxies"] = cluster.ServeProxies(),
                ["applications"] = declarative ? _applications.DeepClone() : new JsonObject(),
                ["target_capacity"] = _config["target_capacity"]?.DeepClone(),
                ["restores_unset_config_options"] = true,
            };
        }
    }

    private static JsonObject Shown(JsonObject http)
    {
        var shown = (JsonObject)http.DeepClone();
        shown.Remove("location");
        return shown;
    }

    private static JsonObject HttpOptions(JsonObject config)
    {
        var given = config.Object("http_options");
        return new()
        {
            ["location"] = config.Text("proxy_location", "EveryNode"),
            ["host"] = given.Text("host", "0.0.0.0"),
            ["port"] = given.Number("port", 8000),
            ["root_path"] = given.Text("root_path"),
            ["request_timeout_s"] = given["request_timeout_s"]?.DeepClone(),
            ["keep_alive_timeout_s"] = given.Number("keep_alive_timeout_s", 90),
            ["ssl_keyfile"] = null,
            ["ssl_certfile"] = null,
            ["ssl_keyfile_password"] = null,
            ["ssl_ca_certs"] = null,
        };
    }

    private void Start()
    {
        var start = new ProcessStartInfo(WorkerPool.Python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (ReadOnlySpan<string>)["-u", "-m", "ray.serve._private.controller"]) start.ArgumentList.Add(argument);
        start.Environment["RAY_ADDRESS"] = $"127.0.0.1:{options.GcsPort}";
        start.Environment["RAY_TMPDIR"] = options.TempDir;
        var process = Process.Start(start)!;
        _process = process;
        var folder = Path.Combine(options.LogDir, "serve");
        Directory.CreateDirectory(folder);
        var log = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"controller_{process.Id}.log"));
        _ = KeepAsync(process, log);
        Tell();
    }

    private void Tell()
    {
        var line = new JsonObject { ["sequence"] = _sequence, ["applications"] = _config!["applications"]!.DeepClone() }.ToJsonString();
        try
        {
            _process!.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has just died; it is started anew and told then.
        }
    }

    private async Task KeepAsync(Process process, string log)
    {
        var errors = LogAsync(process, log);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            try
            {
                if (JsonNode.Parse(line) is JsonObject state) Take(process, state, log);
            }
            catch (JsonException)
            {
                await File.AppendAllTextAsync(log, line + "\n");
            }
        }
        await errors;
        await process.WaitForExitAsync();
        process.Dispose();
        // A controller that dies is replaced, and makes all replicas anew.
        await Task.Delay(TimeSpan.FromSeconds(1));
        lock (_gate)
        {
            if (!ReferenceEquals(_process, process)) return;
            Start();
        }
    }

    private static async Task LogAsync(Process process, string file)
    {
        await using var log = new StreamWriter(file, append: true) { AutoFlush = true };
        while (await process.StandardError.ReadLineAsync() is { } line) await log.WriteLineAsync(line);
    }

    private void Take(Process process, JsonObject state, string log)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_process, process)) return;
            if (state["controller"] is JsonObject who)
            {
                _controller = new()
                {
                    ["node_id"] = who.Text("node_id"),
                    ["node_ip"] = who.Text("node_ip"),
                    ["node_instance_id"] = "",
                    ["actor_id"] = who.Text("worker_id")[..32],
                    ["actor_name"] = "SERVE_CONTROLLER_ACTOR",
                    ["worker_id"] = who.Text("worker_id"),
                    ["log_file_path"] = $"/serve/{Path.GetFileName(log)}",
                };
                return;
            }
            _applications = state.Object("applications");
            cluster.SpreadServe(new()
            {
                ["options"] = _http.DeepClone(),
                ["routes"] = state["routes"]!.DeepClone(),
            });
            if (state.Number("sequence") >= _sequence) _taken.TrySetResult();
        }
    }
}
