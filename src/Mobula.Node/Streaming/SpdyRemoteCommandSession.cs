using System.Threading.Channels;
using Mobula.Node.Streaming.Spdy;

namespace Mobula.Node.Streaming;

/// <summary>
/// An exec or attach over SPDY/3.1 with sub-protocol <c>v4.channel.k8s.io</c>: the client opens a stream for each of error, stdin,
/// stdout, stderr and resize that it uses.
/// </summary>
internal sealed class SpdyRemoteCommandSession : RemoteCommandSession
{
    public const string Protocol = "v4.channel.k8s.io";

    private static readonly TimeSpan StreamsTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClosingTimeout = TimeSpan.FromSeconds(5);

    private readonly SpdyConnection _connection;
    private readonly CancellationTokenSource _gone;
    private readonly Channel<TerminalSize> _resizes = Channel.CreateUnbounded<TerminalSize>();
    private readonly Dictionary<string, SpdyStream> _streams = [];
    private readonly Task _running;

    private SpdyRemoteCommandSession(Stream transport, CancellationToken aborted)
    {
        _connection = new SpdyConnection(transport, isClient: false);
        _gone = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _running = RunAsync();
    }

    public override Stream? Stdin => _streams.GetValueOrDefault("stdin");

    public override Stream? Stdout => _streams.GetValueOrDefault("stdout");

    public override Stream? Stderr => _streams.GetValueOrDefault("stderr");

    public override ChannelReader<TerminalSize> Resizes => _resizes.Reader;

    public override CancellationToken Gone => _gone.Token;

    /// <summary>Waits for the streams that the request announced.</summary>
    /// <exception cref="TimeoutException">They did not come.</exception>
    public static async Task<SpdyRemoteCommandSession> AcceptAsync(Stream transport, RemoteCommandRequest request, TimeProvider time, CancellationToken aborted)
    {
        var session = new SpdyRemoteCommandSession(transport, aborted);
        var expected = new HashSet<string>(StringComparer.Ordinal) { "error" };
        if (request.Stdin) expected.Add("stdin");
        if (request.Stdout) expected.Add("stdout");
        if (request.Stderr) expected.Add("stderr");
        if (request.Tty) expected.Add("resize");
        try
        {
            using var patience = new CancellationTokenSource(StreamsTimeout, time);
            while (!expected.IsSubsetOf(session._streams.Keys))
            {
                var stream = await session._connection.Accepted.ReadAsync(patience.Token).ConfigureAwait(false);
                session._streams[stream.Headers.GetValueOrDefault("streamtype") ?? ""] = stream;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw new TimeoutException("the client did not open the streams it announced", e);
        }

        if (session._streams.TryGetValue("resize", out var resize)) _ = session.ReadResizesAsync(resize);
        return session;
    }

    public override async Task FinishAsync(RemoteCommandStatus status)
    {
        try
        {
            await _streams["error"].WriteAsync(status.ToJson(relayed: false), Gone).ConfigureAwait(false);
            foreach (var stream in _streams.Values) await stream.EndOutputAsync(Gone).ConfigureAwait(false);

            // To close with unread input would reset the connection and could take the last output with it.
            await _running.WaitAsync(ClosingTimeout).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // The client went first.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _gone.Dispose();
    }

    private async Task RunAsync()
    {
        await _connection.RunAsync(_gone.Token).ConfigureAwait(false);
        await _gone.CancelAsync().ConfigureAwait(false);
        _resizes.Writer.TryComplete();
    }

    private async Task ReadResizesAsync(SpdyStream resize)
    {
        var buffer = new byte[256];
        try
        {
            // The client writes each size in one frame, and a frame is read by itself or together with later ones, a line each.
            int read;
            while ((read = await resize.ReadAsync(buffer, Gone).ConfigureAwait(false)) > 0)
            {
                var text = buffer.AsSpan(0, read).TrimEnd((byte)'\n');
                if (TerminalSize.Parse(text[(text.LastIndexOf((byte)'\n') + 1)..]) is { } size) _resizes.Writer.TryWrite(size);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The session is over.
        }
    }
}
