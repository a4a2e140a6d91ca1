using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Pods;

namespace Mobula.Node.Probes;

/// <summary>Makes one probe of a container: a command in it, or a connection to it.</summary>
internal sealed class Prober(ContainerdConnection runtime) : IDisposable
{
    private const int LongestOutput = 10 << 10;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = true,
        PooledConnectionLifetime = TimeSpan.Zero,
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <param name="probe">The probe, or a hook, which has the same fields.</param>
    /// <param name="container">For named ports.</param>
    /// <param name="containerId">Where commands run.</param>
    /// <param name="podIp">The default host of connections.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<ProbeOutcome> ProbeAsync(JsonObject probe, ContainerSpec container, string containerId, string podIp, TimeSpan timeout, CancellationToken cancellation)
    {
        if (probe.Object("exec") is { } exec) return await ExecAsync(containerId, [.. exec.Texts("command")], timeout, cancellation).ConfigureAwait(false);
        if (probe.Object("httpGet") is { } http) return await HttpAsync(http, container, podIp, timeout, cancellation).ConfigureAwait(false);
        if (probe.Object("tcpSocket") is { } tcp)
            return await TcpAsync(tcp.Text("host") is { Length: > 0 } host ? host : podIp, Port(tcp, container), timeout, cancellation).ConfigureAwait(false);
        if (probe.Object("grpc") is { } grpc)
            return await GrpcHealth.ProbeAsync(podIp, grpc.Integer("port") ?? 0, grpc.Text("service") ?? "", timeout, cancellation).ConfigureAwait(false);
        return new(null, "missing probe handler");
    }

    /// <summary>Runs a command in a container; its exit code and what it printed.</summary>
    public async Task<(int Exit, string Output)> RunAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellation)
    {
        var request = new ExecSyncRequest { ContainerId = containerId, Timeout = (long)timeout.TotalSeconds };
        request.Cmd.Add(command);
        var answer = await runtime.Runtime.ExecSyncAsync(request, cancellationToken: cancellation).ConfigureAwait(false);
        var output = answer.Stdout.ToStringUtf8() + answer.Stderr.ToStringUtf8();
        return (answer.ExitCode, output.Length > LongestOutput ? output[..LongestOutput] : output);
    }

    public void Dispose() => _http.Dispose();

    private async Task<ProbeOutcome> ExecAsync(string containerId, string[] command, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            var (exit, output) = await RunAsync(containerId, command, timeout, cancellation).ConfigureAwait(false);
            return new(exit == 0, output);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded)
        {
            return new(false, $"command timed out: \"{string.Join(' ', command)}\" timed out after {GrpcHealth.Seconds(timeout)}");
        }
        catch (RpcException e)
        {
            return new(null, RpcText.Full(e));
        }
    }

    private async Task<ProbeOutcome> HttpAsync(JsonObject http, ContainerSpec container, string podIp, TimeSpan timeout, CancellationToken cancellation)
    {
        var host = http.Text("host") is { Length: > 0 } given ? given : podIp;
        var port = Port(http, container);
        var path = http.Text("path") ?? "/";
        if (!path.StartsWith('/')) path = "/" + path;
        var scheme = (http.Text("scheme") ?? "HTTP").ToLowerInvariant();
        var url = $"{scheme}://{host}:{port}{path}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.37");
            request.Headers.TryAddWithoutValidation("Accept", "*/*");
            request.Headers.ConnectionClose = true;
            foreach (var header in http.Objects("httpHeaders"))
            {
                var name = header.Text("name") ?? "";
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, header.Text("value") ?? "");
            }
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            var code = (int)response.StatusCode;
            return code is >= 200 and < 400 ? new(true, "") : new(false, $"HTTP probe failed with statuscode: {code}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(false, $"Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
        catch (HttpRequestException e)
        {
            return new(false, $"Get \"{url}\": {Dial(e.InnerException as SocketException, host, port) ?? e.Message}");
        }
    }

    private static async Task<ProbeOutcome> TcpAsync(string host, long port, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, (int)port, limit.Token).ConfigureAwait(false);
            return new(true, "");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(false, $"dial tcp {host}:{port}: i/o timeout");
        }
        catch (SocketException e)
        {
            return new(false, Dial(e, host, port)!);
        }
    }

    private static string? Dial(SocketException? e, string host, long port) => e?.SocketErrorCode switch
    {
        null => null,
        SocketError.ConnectionRefused => $"dial tcp {host}:{port}: connect: connection refused",
        SocketError.HostUnreachable => $"dial tcp {host}:{port}: connect: no route to host",
        SocketError.NetworkUnreachable => $"dial tcp {host}:{port}: connect: network is unreachable",
        SocketError.ConnectionReset => $"read tcp {host}:{port}: read: connection reset by peer",
        _ => $"dial tcp {host}:{port}: {e.Message.ToLowerInvariant()}",
    };

    private static long Port(JsonObject target, ContainerSpec container)
    {
        if (target.Integer("port") is { } number) return number;
        var name = target.Text("port") ?? "";
        if (long.TryParse(name, CultureInfo.InvariantCulture, out var written)) return written;
        return container.Json.Objects("ports").FirstOrDefault(p => p.Text("name") == name)?.Integer("containerPort") ?? 0;
    }
}
