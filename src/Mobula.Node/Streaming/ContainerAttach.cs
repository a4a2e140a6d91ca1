using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Streaming.Spdy;

namespace Mobula.Node.Streaming;

/// <summary>
/// Attaches to a running container. Its streams belong to CRI, which shares them out over SPDY on a port of its own; this is the
/// client of that, and unlike a plain tunnel it lets the client speak another protocol.
/// </summary>
internal static class ContainerAttach
{
    public static async Task RunAsync(
        ContainerdConnection containerd, string containerId, RemoteCommandRequest request, RemoteCommandSession session, CancellationToken cancellation)
    {
        var answer = await containerd.Runtime.AttachAsync(
            new AttachRequest { ContainerId = containerId, Stdin = request.Stdin, Stdout = request.Stdout, Stderr = request.Stderr, Tty = request.Tty },
            cancellationToken: cancellation).ConfigureAwait(false);
        var transport = await UpgradeAsync(new Uri(answer.Url), cancellation).ConfigureAwait(false);
        await using var connection = new SpdyConnection(transport, isClient: true);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation, session.Gone);
        var running = connection.RunAsync(over.Token);

        var error = await OpenAsync(connection, "error", over.Token).ConfigureAwait(false);
        var stdin = request.Stdin ? await OpenAsync(connection, "stdin", over.Token).ConfigureAwait(false) : null;
        var stdout = request.Stdout ? await OpenAsync(connection, "stdout", over.Token).ConfigureAwait(false) : null;
        var stderr = request.Stderr ? await OpenAsync(connection, "stderr", over.Token).ConfigureAwait(false) : null;
        var resize = request.Tty ? await OpenAsync(connection, "resize", over.Token).ConfigureAwait(false) : null;

        var typing = TypeAsync(session.Stdin, stdin, over.Token);
        var resizing = ResizeAsync(session, resize, over.Token);
        await Task.WhenAll(CopyAsync(stdout, session.Stdout, over.Token), CopyAsync(stderr, session.Stderr, over.Token)).ConfigureAwait(false);
        var status = await ReadStatusAsync(error, over.Token).ConfigureAwait(false);
        await session.FinishAsync(status).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(typing, resizing, running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Task<SpdyStream> OpenAsync(SpdyConnection connection, string type, CancellationToken cancellation) =>
        connection.OpenAsync([new("streamType", type)], cancellation);

    private static async Task<NetworkStream> UpgradeAsync(Uri url, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(url.Host, url.Port, cancellation).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            var request = $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n" +
                $"X-Stream-Protocol-Version: {SpdyRemoteCommandSession.Protocol}\r\nContent-Length: 0\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request), cancellation).ConfigureAwait(false);

            // Byte by byte: what follows the empty line belongs to SPDY.
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && head.Length < 4096)
            {
                await stream.ReadExactlyAsync(one, cancellation).ConfigureAwait(false);
                head.Append((char)one[0]);
            }

            if (!head.ToString().StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
                throw new IOException($"containerd refused to attach: {head.ToString().Split('\r')[0]}");
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task TypeAsync(Stream? from, SpdyStream? to, CancellationToken cancellation)
    {
        if (from is null || to is null) return;
        await from.CopyToAsync(to, cancellation).ConfigureAwait(false);
        await to.EndOutputAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task ResizeAsync(RemoteCommandSession session, SpdyStream? to, CancellationToken cancellation)
    {
        if (to is null) return;
        await foreach (var size in session.Resizes.ReadAllAsync(cancellation).ConfigureAwait(false))
            await to.WriteAsync(Encoding.UTF8.GetBytes(size + "\n"), cancellation).ConfigureAwait(false);
    }

    private static async Task CopyAsync(Stream? from, Stream? to, CancellationToken cancellation)
    {
        if (from is null) return;
        try
        {
            await from.CopyToAsync(to ?? Stream.Null, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has gone, or the container's end came as a broken connection.
        }
    }

    private static async Task<RemoteCommandStatus> ReadStatusAsync(SpdyStream error, CancellationToken cancellation)
    {
        try
        {
            using var text = new MemoryStream();
            await error.CopyToAsync(text, cancellation).ConfigureAwait(false);
            if (text.Length == 0) return RemoteCommandStatus.Exited(0);
            using var status = JsonDocument.Parse(text.ToArray());
            var failed = status.RootElement.TryGetProperty("status", out var outcome) && outcome.GetString() == "Failure";
            return failed
                ? RemoteCommandStatus.Failed(status.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? "" : "")
                : RemoteCommandStatus.Exited(0);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or JsonException)
        {
            return RemoteCommandStatus.Exited(0);
        }
    }
}
