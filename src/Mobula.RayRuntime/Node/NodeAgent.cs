using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Serve;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Node;

/// <summary>Does on this machine what the head asks for: starts workers and jobs, keeps the object store, reports how the node is.</summary>
internal sealed class NodeAgent : IAsyncDisposable
{
    private readonly NodeOptions _options;
    private readonly TimeProvider _clock;
    private readonly WorkerPool _workers;
    private readonly JobRunner _jobs;
    private readonly NodeStatistics _statistics = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<(JsonObject, byte[])>> _requests = new();
    private readonly SemaphoreSlim _serving = new(1);
    private ServeProxy? _proxy;
    private Connection? _connection;
    private long _nextRequest;

    public NodeAgent(NodeOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        var packages = new Packages(options, FetchAsync);
        _workers = new WorkerPool(options, packages, Send);
        _jobs = new JobRunner(options, packages, Send, clock);
    }

    /// <summary>Whether the head answers right now.</summary>
    public bool Connected => _connection is not null;

    /// <summary>Seconds for which a node waits for a lost head to return.</summary>
    private static TimeSpan ReconnectTimeout =>
        TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("RAY_gcs_rpc_server_reconnect_timeout_s"), out var s) ? s : 60);

    private void Send(JsonObject message) => _connection?.Send(message);

    /// <summary>Serves until cancelled, or until the head is away for too long (then it throws).</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        string? session = null;
        var lostAt = _clock.GetTimestamp();
        var lastWarning = _clock.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            Socket? socket = null;
            try
            {
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(_options.GcsHost, _options.GcsPort, cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(5), cancel);
                using var connection = new Connection(socket);
                connection.Send(Hello());
                if (await connection.ReceiveAsync(cancel) is { } first)
                {
                    var answer = first.Parse();
                    if (answer.Text("t") == "denied") throw new InvalidOperationException(AuthenticationToken.Refusal);
                    if (session is not null && answer.Text("session") != session) throw new InvalidOperationException("The head is another one now (its session differs); this node ends.");
                    session = answer.Text("session");
                    _connection = connection;
                    using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                    _ = ReportAsync(leaving.Token);
                    while (await connection.ReceiveAsync(cancel) is { } frame) Handle(frame);
                    await leaving.CancelAsync();
                    _connection = null;
                    lostAt = _clock.GetTimestamp();
                }
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                socket?.Dispose();
                if (session is null && _clock.GetElapsedTime(lastWarning) > TimeSpan.FromSeconds(6))
                {
                    lastWarning = _clock.GetTimestamp();
                    await Console.Error.WriteLineAsync($"Failed to connect to GCS at address {_options.GcsHost}:{_options.GcsPort} within 5 seconds.");
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (cancel.IsCancellationRequested) return;
            if (session is not null && _clock.GetElapsedTime(lostAt) > ReconnectTimeout)
                throw new InvalidOperationException($"Failed to connect to GCS within {ReconnectTimeout.TotalSeconds:0} seconds. The GCS may have been killed; this node ends.");
            try { await Task.Delay(500, cancel); } catch (OperationCanceledException) { return; }
        }
    }

    private JsonObject Hello() => new()
    {
        ["t"] = "hello",
        ["role"] = "node",
        ["token"] = AuthenticationToken.Current,
        ["node_id"] = _options.NodeId,
        ["ip"] = _options.Ip,
        ["host"] = Environment.MachineName,
        ["head"] = _options.Head,
        ["agent_port"] = _options.AgentPort,
        ["metrics_port"] = _options.MetricsPort,
        ["resources"] = _options.Resources.DeepClone(),
        ["labels"] = _options.Labels.DeepClone(),
        ["session_dir"] = _options.SessionDir,
        ["store_dir"] = _options.StoreDir,
    };

    private void Handle(Frame frame)
    {
        var h = frame.Parse();
        switch (h.Text("t"))
        {
            case "start_worker": _ = _workers.StartAsync(h); break;
            case "kill_worker": _workers.Kill(h.Text("worker")); break;
            case "run_job": _ = _jobs.RunAsync(h); break;
            case "stop_job": _ = _jobs.StopAsync(h.Text("id")); break;
            case "serve": _ = ServeAsync(h); break;
            case "free": ObjectFiles.Delete(_options.StoreDir, h.Text("id")); break;
            case "reply": if (_requests.TryRemove(h.Number("i"), out var waiting)) waiting.TrySetResult((h, frame.Payload)); break;
        }
    }

    /// <summary>Starts, changes or ends this node's proxy of Serve.</summary>
    private async Task ServeAsync(JsonObject h)
    {
        await _serving.WaitAsync();
        try
        {
            if (h["options"] is not JsonObject options)
            {
                if (_proxy is { } ended) await ended.DisposeAsync();
                _proxy = null;
                return;
            }
            if (_proxy is null)
            {
                _proxy = await ServeProxy.StartAsync(options);
                Send(new() { ["t"] = "serve_proxy", ["status"] = "HEALTHY" });
            }
            _proxy.Update(ServeRoutes.From(h["routes"] as JsonArray ?? []));
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"The proxy of Serve cannot listen: {e.Message}");
            Send(new() { ["t"] = "serve_proxy", ["status"] = "UNHEALTHY" });
        }
        finally
        {
            _serving.Release();
        }
    }

    private async Task<byte[]?> FetchAsync(string key)
    {
        var id = Interlocked.Increment(ref _nextRequest);
        var waiting = new TaskCompletionSource<(JsonObject, byte[])>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[id] = waiting;
        Send(new() { ["t"] = "rpc", ["i"] = id, ["m"] = "kv_get", ["key"] = key });
        var (header, payload) = await waiting.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return header.Flag("found") ? payload : null;
    }

    private async Task ReportAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2), _clock);
        try
        {
            do
            {
                var stats = _statistics.Read(_options);
                stats["t"] = "stats";
                Send(stats);
            }
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>Says goodbye to the head, ends workers and jobs, removes the objects.</summary>
    public async Task DrainAsync()
    {
        if (_connection is { } connection)
        {
            connection.Send(new() { ["t"] = "draining", ["message"] = "Terminated due to preemption: Node received SIGTERM; draining before shutdown." });
            connection.CloseAfterSending();
            await connection.Writing.WaitAsync(TimeSpan.FromSeconds(2)).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        _workers.KillAll();
        await _jobs.StopAllAsync();
        ObjectFiles.DeleteStore(_options);
    }

    public async ValueTask DisposeAsync()
    {
        _workers.KillAll();
        if (_proxy is { } proxy) await proxy.DisposeAsync();
    }
}
