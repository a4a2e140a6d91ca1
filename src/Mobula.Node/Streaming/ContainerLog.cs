using System.Globalization;
using System.Text;

namespace Mobula.Node.Streaming;

/// <summary>
/// Reads a container's log in CRI's format: <c>TIME stdout|stderr F|P text</c>, a line each; P marks a part of a longer line.
/// </summary>
internal sealed class ContainerLog(DirectoryChanges changes)
{
    private const int BlockSize = 64 << 10;

    /// <summary>After the container's end its last lines may still be on their way to the file.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(150);

    /// <summary>Writes the wanted lines. When it follows, it returns after the container has ended.</summary>
    /// <param name="path">The log file; when it is rotated away, the new one of that name is read on.</param>
    /// <param name="options">Which lines.</param>
    /// <param name="output">Where to.</param>
    /// <param name="ended">Completes when the container has ended; not looked at unless the log is followed.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The log cannot be read, or the output has gone.</exception>
    public async Task WriteAsync(string path, LogOptions options, Stream output, Task ended, CancellationToken cancellation)
    {
        var filter = new LineFilter(options, output);
        using var watch = options.Follow ? changes.Watch(Path.GetDirectoryName(path)!) : null;
        var file = Open(path);
        try
        {
            file.Position = await TailStartAsync(file, options.TailLines, cancellation).ConfigureAwait(false);
            var lines = new LineReader();
            var settled = false;
            while (true)
            {
                var changed = watch?.NextAsync(cancellation);
                var seen = await DrainAsync(file, lines, filter, cancellation).ConfigureAwait(false);
                if (filter.Full || watch is null) return;
                await output.FlushAsync(cancellation).ConfigureAwait(false);
                if (seen) continue;
                if (IsRotated(file, path))
                {
                    await file.DisposeAsync().ConfigureAwait(false);
                    file = Open(path);
                    continue;
                }

                if (settled) return;
                if (ended.IsCompleted)
                {
                    await Task.WhenAny(changed!, Task.Delay(Settling, cancellation)).ConfigureAwait(false);
                    settled = !changed!.IsCompleted;
                }
                else
                {
                    await Task.WhenAny(changed!, ended).ConfigureAwait(false);
                }

                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static FileStream Open(string path) =>
        new(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });

    /// <summary>The name that the open file has now is not the one it was opened by.</summary>
    private static bool IsRotated(FileStream file, string path)
    {
        var now = new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget;
        return now != path && now is not null && File.Exists(path) && Path.GetFileName(now) != Path.GetFileName(path);
    }

    private static async Task<bool> DrainAsync(FileStream file, LineReader lines, LineFilter filter, CancellationToken cancellation)
    {
        var any = false;
        while (!filter.Full && await lines.FillAsync(file, cancellation).ConfigureAwait(false))
        {
            any = true;
            while (!filter.Full && lines.TryNext(out var line)) filter.Take(line.Span);
            await filter.SendAsync(cancellation).ConfigureAwait(false);
        }

        return any;
    }

    /// <summary>Where the last lines begin.</summary>
    private static async Task<long> TailStartAsync(FileStream file, long? lines, CancellationToken cancellation)
    {
        if (lines is not { } wanted) return 0;
        var end = file.Length;
        if (wanted == 0) return end;
        var block = new byte[BlockSize];
        var found = -1L;
        for (var blockEnd = end; blockEnd > 0;)
        {
            var start = Math.Max(0, blockEnd - BlockSize);
            var length = (int)(blockEnd - start);
            file.Position = start;
            await file.ReadExactlyAsync(block.AsMemory(0, length), cancellation).ConfigureAwait(false);
            for (var i = length - 1; i >= 0; i--)
            {
                // The newline that ends the last line is the first to be met.
                if (block[i] == (byte)'\n' && ++found == wanted) return start + i + 1;
            }

            blockEnd = start;
        }

        return 0;
    }

    /// <summary>Cuts what is read into lines.</summary>
    private sealed class LineReader
    {
        private byte[] _buffer = new byte[BlockSize];
        private int _start;
        private int _end;

        public async ValueTask<bool> FillAsync(Stream from, CancellationToken cancellation)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            var read = await from.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            _end += read;
            return read > 0;
        }

        public bool TryNext(out ReadOnlyMemory<byte> line)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            line = length < 0 ? default : _buffer.AsMemory(_start, length);
            _start += length + 1;
            return length >= 0;
        }
    }

    /// <summary>Turns lines of the file into what the client gets.</summary>
    private sealed class LineFilter(LogOptions options, Stream output)
    {
        private readonly MemoryStream _pending = new();
        private long _left = options.LimitBytes ?? long.MaxValue;
        private bool _reached = options.Since is null;

        /// <summary>The client has as many bytes as it wanted.</summary>
        public bool Full => _left <= 0;

        public void Take(ReadOnlySpan<byte> line)
        {
            var timeEnd = line.IndexOf((byte)' ');
            if (timeEnd < 0) return;
            var rest = line[(timeEnd + 1)..];
            var streamEnd = rest.IndexOf((byte)' ');
            if (streamEnd < 0) return;
            rest = rest[(streamEnd + 1)..];
            var tagEnd = rest.IndexOf((byte)' ');
            var tag = tagEnd < 0 ? rest : rest[..tagEnd];
            var text = tagEnd < 0 ? default : rest[(tagEnd + 1)..];

            // Lines are in the order of their times, so the first one that is late enough settles it.
            if (!_reached)
            {
                if (!DateTimeOffset.TryParse(Encoding.ASCII.GetString(line[..timeEnd]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ||
                    time < options.Since)
                    return;
                _reached = true;
            }

            if (options.Timestamps)
            {
                Add(line[..timeEnd]);
                Add(" "u8);
            }

            Add(text);
            if (!tag.StartsWith("P"u8)) Add("\n"u8);
        }

        public async Task SendAsync(CancellationToken cancellation)
        {
            if (_pending.Length == 0) return;
            await output.WriteAsync(_pending.GetBuffer().AsMemory(0, (int)_pending.Length), cancellation).ConfigureAwait(false);
            _pending.SetLength(0);
        }

        private void Add(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > _left) bytes = bytes[..(int)_left];
            _pending.Write(bytes);
            _left -= bytes.Length;
        }
    }
}
