using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Streaming.Spdy;

namespace Mobula.Node.Streaming;

/// <summary>
/// Forwards connections to ports of a pod. For each connection the client opens two SPDY streams with the same request id: one
/// for errors and one for data.
/// </summary>
internal sealed class PortForward(ContainerdConnection containerd, NodePod pod)
{
    public const string Protocol = "portforward.k8s.io";

    /// <summary>The WebSocket sub-protocol that carries SPDY in its messages.</summary>
    public const string TunnelProtocol = "SPDY/3.1+portforward.k8s.io";

    /// <summary>Serves the connection until the client ends it.</summary>
    public async Task RunAsync(Stream transport, CancellationToken aborted)
    {
        await using var connection = new SpdyConnection(transport, isClient: false);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var running = connection.RunAsync(over.Token);
        var waiting = new Dictionary<string, SpdyStream>(StringComparer.Ordinal);
        var forwards = new List<Task>();
        await foreach (var stream in connection.Accepted.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            var request = stream.Headers.GetValueOrDefault("requestid") ?? "";
            if (!waiting.Remove(request, out var partner))
            {
                waiting[request] = stream;
                continue;
            }

            var (error, data) = stream.Headers.GetValueOrDefault("streamtype") == "error" ? (stream, partner) : (partner, stream);
            forwards.RemoveAll(f => f.IsCompleted);
            forwards.Add(ForwardAsync(error, data, over.Token));
        }

        await over.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(forwards).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ForwardAsync(SpdyStream error, SpdyStream data, CancellationToken cancellation)
    {
        try
        {
            var asked = data.Headers.GetValueOrDefault("port");
            if (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
                throw new IOException($"invalid port \"{asked}\"");
            using var socket = await ConnectAsync(port, cancellation).ConfigureAwait(false);
            await CopyBothWaysAsync(data, socket, cancellation).ConfigureAwait(false);
        }
        catch (IOException e) when (!cancellation.IsCancellationRequested)
        {
            await TellAsync(error, e.Message, cancellation).ConfigureAwait(false);
        }

        await data.EndOutputAsync(cancellation).ConfigureAwait(false);
        await error.EndOutputAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<Socket> ConnectAsync(int port, CancellationToken cancellation)
    {
        var sandbox = pod.SandboxId ?? throw new IOException($"error forwarding port {port} to pod {pod.Name}: it has no sandbox");
        var path = pod.HostNetwork ? null : await NamespacePathAsync(sandbox, cancellation).ConfigureAwait(false);
        try
        {
            return await NetworkNamespace.ConnectAsync(path, port).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            var reason = e.SocketErrorCode == SocketError.ConnectionRefused ? "connection refused" : e.Message;
            throw new IOException(
                $"error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in network namespace \"{path ?? "host"}\": " +
                $"failed to connect to localhost:{port} inside namespace \"{sandbox}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: {reason} " +
                "IPv6 dial tcp6: address localhost: no suitable address found ",
                e);
        }
    }

    private async Task<string> NamespacePathAsync(string sandbox, CancellationToken cancellation)
    {
        try
        {
            var status = await containerd.Runtime.PodSandboxStatusAsync(
                new PodSandboxStatusRequest { PodSandboxId = sandbox, Verbose = true }, cancellationToken: cancellation).ConfigureAwait(false);
            var namespaces = JsonNode.Parse(status.Info["info"])?["runtimeSpec"]?["linux"]?["namespaces"]?.AsArray();
            return (string?)namespaces?.FirstOrDefault(n => (string?)n!["type"] == "network")?["path"]
                ?? throw new IOException($"the sandbox {sandbox} has no network namespace");
        }
        catch (RpcException e)
        {
            throw new IOException($"error forwarding ports to pod {pod.Name}: {e.Status.Detail}", e);
        }
    }

    private static async Task CopyBothWaysAsync(SpdyStream client, Socket server, CancellationToken cancellation)
    {
        await using var stream = new NetworkStream(server);
        var up = UpAsync();
        await IgnoreBreakAsync(stream.CopyToAsync(client, cancellation)).ConfigureAwait(false);

        // The server has said all it will; what the client still sends would be read by nobody.
        await client.EndOutputAsync(cancellation).ConfigureAwait(false);
        await up.WaitAsync(TimeSpan.FromSeconds(1), cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task UpAsync()
        {
            await IgnoreBreakAsync(client.CopyToAsync(stream, cancellation)).ConfigureAwait(false);
            if (server.Connected) server.Shutdown(SocketShutdown.Send);
        }
    }

    private static async Task IgnoreBreakAsync(Task copying)
    {
        try
        {
            await copying.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // A connection that broke is over like one that ended.
        }
    }

    private static async Task TellAsync(SpdyStream error, string message, CancellationToken cancellation) =>
        await error.WriteAsync(Encoding.UTF8.GetBytes(message), cancellation).ConfigureAwait(false);
}
