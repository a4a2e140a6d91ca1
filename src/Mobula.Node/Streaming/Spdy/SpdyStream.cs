using System.IO.Pipelines;

namespace Mobula.Node.Streaming.Spdy;

/// <summary>A stream of a <see cref="SpdyConnection"/>: bytes both ways, each way ended on its own.</summary>
internal sealed class SpdyStream : Stream
{
    private const int MaximumData = 32 << 10;

    private readonly SpdyConnection _connection;
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 256 << 10, resumeWriterThreshold: 64 << 10, useSynchronizationContext: false));
    private readonly Stream _reading;
    private int _ended;
    private int _outputEnded;

    internal SpdyStream(SpdyConnection connection, int id, IReadOnlyDictionary<string, string> headers)
    {
        _connection = connection;
        Id = id;
        Headers = headers;
        _reading = _input.Reader.AsStream(leaveOpen: true);
    }

    public int Id { get; }

    /// <summary>What the opener of the stream said; names in any case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reading.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_outputEnded != 0) throw new IOException("the stream's output has ended");
        for (var start = 0; start < buffer.Length; start += MaximumData)
        {
            var part = buffer.Slice(start, Math.Min(MaximumData, buffer.Length - start));
            await _connection.SendDataAsync(Id, part, fin: false, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the other side that nothing more comes; what it sends is still read.</summary>
    public async Task EndOutputAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _outputEnded, 1) != 0) return;
        await _connection.SendDataAsync(Id, ReadOnlyMemory<byte>.Empty, fin: true, cancellation).ConfigureAwait(false);
        if (_ended != 0) _connection.Forget(Id);
    }

    /// <summary>Ends both ways at once.</summary>
    public Task ResetAsync(CancellationToken cancellation)
    {
        _outputEnded = 1;
        EndOfInput();
        return _connection.SendResetAsync(Id, cancellation);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    internal async Task TakeAsync(byte[] data, CancellationToken cancellation)
    {
        if (_ended == 0) await _input.Writer.WriteAsync(data, cancellation).ConfigureAwait(false);
    }

    internal void EndOfInput()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        _input.Writer.Complete();
        if (_outputEnded != 0) _connection.Forget(Id);
    }

    internal void Reset()
    {
        _outputEnded = 1;
        EndOfInput();
    }
}
