using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Mobula.RayRuntime.Wire;

/// <summary>A peer's socket: sends never block the caller, frames leave in order and are batched into few writes.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly Channel<Frame> _outgoing = Channel.CreateUnbounded<Frame>(new() { SingleReader = true });

    public Connection(Socket socket)
    {
        socket.NoDelay = true;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        Writing = Task.Run(WriteAsync);
    }

    public string RemoteAddress => (_socket.RemoteEndPoint as System.Net.IPEndPoint)?.Address.MapToIPv4().ToString() ?? "127.0.0.1";

    /// <summary>Completes when everything sent before <see cref="CloseAfterSending"/> has left, or the peer has gone.</summary>
    public Task Writing { get; }

    public void Send(JsonObject header, byte[]? payload = null) => SendFrame(Frame.Of(header, payload));

    public void SendFrame(Frame frame) => _outgoing.Writer.TryWrite(frame);

    public void CloseAfterSending() => _outgoing.Writer.TryComplete();

    /// <summary>Reads frames until the peer closes; null then.</summary>
    public async Task<Frame?> ReceiveAsync(CancellationToken cancel = default)
    {
        var lengths = new byte[8];
        try
        {
            await _stream.ReadExactlyAsync(lengths, cancel);
            var header = BinaryPrimitives.ReadInt32LittleEndian(lengths);
            var payload = BinaryPrimitives.ReadInt32LittleEndian(lengths.AsSpan(4));
            if (header is < 2 or > Frame.MaxHeader || payload is < 0 or > Frame.MaxPayload) return null;
            var frame = new Frame(new byte[header], payload == 0 ? [] : new byte[payload]);
            await _stream.ReadExactlyAsync(frame.Header, cancel);
            if (payload > 0) await _stream.ReadExactlyAsync(frame.Payload, cancel);
            return frame;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or EndOfStreamException)
        {
            return null;
        }
    }

    private async Task WriteAsync()
    {
        const int Batch = 64 << 10;
        var buffer = new byte[Batch];
        try
        {
            while (await _outgoing.Reader.WaitToReadAsync())
            {
                var used = 0;
                while (_outgoing.Reader.TryRead(out var frame))
                {
                    var size = 8 + frame.Header.Length + frame.Payload.Length;
                    if (used + size > Batch && used > 0)
                    {
                        await _stream.WriteAsync(buffer.AsMemory(0, used));
                        used = 0;
                    }
                    BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(used), frame.Header.Length);
                    BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(used + 4), frame.Payload.Length);
                    if (size <= Batch)
                    {
                        frame.Header.CopyTo(buffer, used + 8);
                        frame.Payload.CopyTo(buffer, used + 8 + frame.Header.Length);
                        used += size;
                        continue;
                    }
                    await _stream.WriteAsync(buffer.AsMemory(0, 8));
                    await _stream.WriteAsync(frame.Header);
                    await _stream.WriteAsync(frame.Payload);
                }
                if (used > 0) await _stream.WriteAsync(buffer.AsMemory(0, used));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            _outgoing.Writer.TryComplete();
        }
        _socket.Close();
    }

    public void Dispose()
    {
        _outgoing.Writer.TryComplete();
        _socket.Close();
    }
}
