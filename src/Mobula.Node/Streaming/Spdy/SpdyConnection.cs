using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Mobula.Node.Streaming.Spdy;

/// <summary>
/// One side of a SPDY/3.1 connection, as much of it as Kubernetes' streaming uses: streams with headers, data, half-close and
/// reset, and pings. There is no flow control but the transport's, as in Kubernetes' own implementation: a stream that nobody
/// reads stops the connection once its buffer is full.
/// </summary>
internal sealed class SpdyConnection(Stream transport, bool isClient) : IAsyncDisposable
{
    private const int Version = 3;
    private const int MaximumFrame = 1 << 20;
    private const byte FlagFin = 1;

    private enum FrameType
    {
        SynStream = 1,
        SynReply = 2,
        Reset = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        Headers = 8,
        WindowUpdate = 9,
    }

    private readonly ConcurrentDictionary<int, SpdyStream> _streams = new();
    private readonly Channel<SpdyStream> _accepted = Channel.CreateUnbounded<SpdyStream>();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SpdyHeaderBlock.Writer _headerWriter = new();
    private readonly SpdyHeaderBlock.Reader _headerReader = new();
    private int _lastOpened = isClient ? -1 : 0;

    /// <summary>The streams that the other side opens; completed when the connection ends.</summary>
    public ChannelReader<SpdyStream> Accepted => _accepted.Reader;

    /// <summary>Reads frames until the other side ends the connection, and then ends all streams.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            var head = new byte[8];
            while (await transport.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) == head.Length)
            {
                var length = (head[5] << 16) | (head[6] << 8) | head[7];
                if (length > MaximumFrame) throw new InvalidDataException($"SPDY: a frame of {length} bytes");
                var payload = new byte[length];
                await transport.ReadExactlyAsync(payload, cancellation).ConfigureAwait(false);
                var first = BinaryPrimitives.ReadUInt32BigEndian(head);
                if ((first & 0x8000_0000) == 0) await TakeDataAsync((int)first, head[4], payload, cancellation).ConfigureAwait(false);
                else if (!await TakeControlAsync((FrameType)(first & 0xffff), head[4], payload, cancellation).ConfigureAwait(false)) return;
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer went away or does not speak the protocol; either way this connection is over.
        }
        finally
        {
            _accepted.Writer.TryComplete();
            foreach (var stream in _streams.Values) stream.EndOfInput();
        }
    }

    /// <summary>Opens a stream.</summary>
    public async Task<SpdyStream> OpenAsync(IReadOnlyCollection<KeyValuePair<string, string>> headers, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _lastOpened += 2;
            var stream = new SpdyStream(this, _lastOpened, headers.ToDictionary(StringComparer.OrdinalIgnoreCase));
            _streams[stream.Id] = stream;
            var block = _headerWriter.Write(headers);
            var payload = new byte[10 + block.Length];
            BinaryPrimitives.WriteInt32BigEndian(payload, stream.Id);
            block.CopyTo(payload, 10);
            await WriteFrameAsync(Control(FrameType.SynStream, 0, payload.Length), payload, cancellation).ConfigureAwait(false);
            return stream;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Tells the other side that the connection ends.</summary>
    public Task GoAwayAsync(CancellationToken cancellation) => SendControlAsync(FrameType.GoAway, 0, new byte[8], cancellation);

    public ValueTask DisposeAsync()
    {
        _headerReader.Dispose();
        return transport.DisposeAsync();
    }

    internal async Task SendDataAsync(int id, ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellation)
    {
        var head = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(head, id);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), data.Length);
        head[4] = fin ? FlagFin : (byte)0;
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await WriteFrameAsync(head, data, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    internal Task SendResetAsync(int id, CancellationToken cancellation)
    {
        var payload = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, id);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(4), 5); // CANCEL
        Forget(id);
        return SendControlAsync(FrameType.Reset, 0, payload, cancellation);
    }

    /// <summary>Both sides have ended the stream.</summary>
    internal void Forget(int id) => _streams.TryRemove(id, out _);

    private async Task TakeDataAsync(int id, byte flags, byte[] payload, CancellationToken cancellation)
    {
        if (!_streams.TryGetValue(id, out var stream)) return;
        if (payload.Length > 0) await stream.TakeAsync(payload, cancellation).ConfigureAwait(false);
        if ((flags & FlagFin) != 0) stream.EndOfInput();
    }

    private async Task<bool> TakeControlAsync(FrameType type, byte flags, byte[] payload, CancellationToken cancellation)
    {
        switch (type)
        {
            case FrameType.SynStream when payload.Length >= 10:
                var opened = new SpdyStream(this, StreamId(payload), _headerReader.Read(payload.AsSpan(10)));
                _streams[opened.Id] = opened;
                await ReplyAsync(opened.Id, cancellation).ConfigureAwait(false);
                if ((flags & FlagFin) != 0) opened.EndOfInput();
                await _accepted.Writer.WriteAsync(opened, cancellation).ConfigureAwait(false);
                break;
            case FrameType.SynReply or FrameType.Headers when payload.Length >= 4:
                // Nothing in the headers matters, but they are part of the compressed stream.
                _headerReader.Read(payload.AsSpan(4));
                if ((flags & FlagFin) != 0 && _streams.TryGetValue(StreamId(payload), out var replied)) replied.EndOfInput();
                break;
            case FrameType.Reset when payload.Length >= 4:
                if (_streams.TryRemove(StreamId(payload), out var reset)) reset.Reset();
                break;
            case FrameType.Ping when payload.Length >= 4:
                // Pings of the client have odd numbers; an answer to a ping of ours is not answered again.
                if ((payload[3] & 1) == (isClient ? 0 : 1)) await SendControlAsync(FrameType.Ping, 0, payload, cancellation).ConfigureAwait(false);
                break;
            case FrameType.GoAway:
                return false;
        }

        return true;
    }

    private static int StreamId(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadInt32BigEndian(payload) & 0x7fff_ffff;

    private async Task ReplyAsync(int id, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var block = _headerWriter.Write([]);
            var payload = new byte[4 + block.Length];
            BinaryPrimitives.WriteInt32BigEndian(payload, id);
            block.CopyTo(payload, 4);
            await WriteFrameAsync(Control(FrameType.SynReply, 0, payload.Length), payload, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task SendControlAsync(FrameType type, byte flags, byte[] payload, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await WriteFrameAsync(Control(type, flags, payload.Length), payload, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static byte[] Control(FrameType type, byte flags, int length)
    {
        var head = new byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(head, 0x8000 | Version);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)type);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), length);
        head[4] = flags;
        return head;
    }

    private async Task WriteFrameAsync(byte[] head, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        // One write a frame: two would go out as two TLS records.
        var frame = new byte[head.Length + payload.Length];
        head.CopyTo(frame, 0);
        payload.CopyTo(frame.AsMemory(head.Length));
        await transport.WriteAsync(frame, cancellation).ConfigureAwait(false);
        await transport.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
