using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace Mobula.Node.Streaming;

/// <summary>
/// An exec or attach over a WebSocket whose messages begin with the number of a channel: 0 stdin, 1 stdout, 2 stderr, 3 error,
/// 4 resize, and in version 5 255, which closes the channel named in the next byte.
/// </summary>
internal sealed class WebSocketRemoteCommandSession : RemoteCommandSession
{
    private const byte StdinChannel = 0;
    private const byte StdoutChannel = 1;
    private const byte StderrChannel = 2;
    private const byte ErrorChannel = 3;
    private const byte ResizeChannel = 4;
    private const byte CloseChannel = 255;
    private const int MaximumMessage = 1 << 20;

    /// <summary>The sub-protocols served, best first.</summary>
    public static readonly string[] Protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

    private static readonly TimeSpan ClosingTimeout = TimeSpan.FromSeconds(5);

    private readonly WebSocket _socket;
    private readonly CancellationTokenSource _gone;
    private readonly Channel<TerminalSize> _resizes = Channel.CreateUnbounded<TerminalSize>();
    private readonly Pipe _stdin = new(new PipeOptions(pauseWriterThreshold: 256 << 10, resumeWriterThreshold: 64 << 10, useSynchronizationContext: false));
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Task _running;

    private WebSocketRemoteCommandSession(WebSocket socket, RemoteCommandRequest request, CancellationToken aborted)
    {
        _socket = socket;
        _gone = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        Stdin = request.Stdin ? _stdin.Reader.AsStream() : null;
        Stdout = request.Stdout ? new ChannelStream(this, StdoutChannel) : null;
        Stderr = request.Stderr ? new ChannelStream(this, StderrChannel) : null;
        _running = RunAsync();
    }

    public override Stream? Stdin { get; }

    public override Stream? Stdout { get; }

    public override Stream? Stderr { get; }

    public override ChannelReader<TerminalSize> Resizes => _resizes.Reader;

    public override CancellationToken Gone => _gone.Token;

    /// <summary>Takes the socket over and tells the client, by an empty message, that the session is there.</summary>
    public static async Task<WebSocketRemoteCommandSession> AcceptAsync(WebSocket socket, RemoteCommandRequest request, CancellationToken aborted)
    {
        var session = new WebSocketRemoteCommandSession(socket, request, aborted);
        var lowest = request.Stdout ? StdoutChannel : request.Stderr ? StderrChannel : ErrorChannel;
        await session.SendAsync(lowest, ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
        return session;
    }

    public override async Task FinishAsync(RemoteCommandStatus status)
    {
        try
        {
            await SendAsync(ErrorChannel, status.ToJson(relayed: true)).ConfigureAwait(false);
            await _writing.WaitAsync(Gone).ConfigureAwait(false);
            using var patience = new CancellationTokenSource(ClosingTimeout);
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token).ConfigureAwait(false);
            await _running.WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went first.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _gone.Dispose();
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> data)
    {
        var message = new byte[1 + data.Length];
        message[0] = channel;
        data.CopyTo(message.AsMemory(1));
        await _writing.WaitAsync(Gone).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, Gone).ConfigureAwait(false);
        }
        catch (WebSocketException e)
        {
            throw new IOException("the client has gone", e);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task RunAsync()
    {
        var buffer = new byte[64 << 10];
        var length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                var received = await _socket.ReceiveAsync(buffer.AsMemory(length), _gone.Token).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close) break;
                length += received.Count;
                if (length > MaximumMessage) break;
                if (!received.EndOfMessage) continue;
                if (length > 0) await TakeAsync(buffer[0], buffer.AsMemory(1, length - 1)).ConfigureAwait(false);
                length = 0;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client went away without a goodbye.
        }

        await _stdin.Writer.CompleteAsync().ConfigureAwait(false);
        _resizes.Writer.TryComplete();
        await _gone.CancelAsync().ConfigureAwait(false);
    }

    private async Task TakeAsync(byte channel, ReadOnlyMemory<byte> data)
    {
        switch (channel)
        {
            case StdinChannel when data.Length > 0:
                await _stdin.Writer.WriteAsync(data, _gone.Token).ConfigureAwait(false);
                break;
            case ResizeChannel when TerminalSize.Parse(data.Span) is { } size:
                _resizes.Writer.TryWrite(size);
                break;
            case CloseChannel when data.Length > 0 && data.Span[0] == StdinChannel:
                await _stdin.Writer.CompleteAsync().ConfigureAwait(false);
                break;
        }
    }

    /// <summary>One output channel.</summary>
    private sealed class ChannelStream(WebSocketRemoteCommandSession session, byte channel) : Stream
    {
        public override bool CanRead => false;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await session.SendAsync(channel, buffer).ConfigureAwait(false);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
