using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Mobula.Node.Streaming.Spdy;

/// <summary>
/// SPDY/3.1's compressed header blocks. All blocks of one direction of a connection are one zlib stream with a preset dictionary,
/// so reader and writer keep their state between frames.
/// </summary>
internal static class SpdyHeaderBlock
{
    /// <summary>Bytes of a header block after decompression; Kubernetes' streams need a few hundred.</summary>
    public const int MaximumSize = 64 << 10;

    /// <summary>The words that the protocol's dictionary begins with, each preceded by its length as 32 bits.</summary>
    private static readonly string[] DictionaryWords =
    [
        "options", "head", "post", "put", "delete", "trace", "accept", "accept-charset", "accept-encoding", "accept-language",
        "accept-ranges", "age", "allow", "authorization", "cache-control", "connection", "content-base", "content-encoding",
        "content-language", "content-length", "content-location", "content-md5", "content-range", "content-type", "date", "etag",
        "expect", "expires", "from", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
        "last-modified", "location", "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization", "range", "referer",
        "retry-after", "server", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning",
        "www-authenticate", "method", "get", "status", "200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive",
        "origin",
    ];

    private const string DictionaryTail =
        "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information" +
        "204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error" +
        "501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT" +
        "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public" +
        "privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

    internal static byte[] Dictionary { get; } = MakeDictionary();

    private static byte[] MakeDictionary()
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var word in DictionaryWords)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, word.Length);
            bytes.Write(length);
            bytes.Write(Encoding.ASCII.GetBytes(word));
        }

        bytes.Write(Encoding.ASCII.GetBytes(DictionaryTail));
        return bytes.ToArray();
    }

    /// <summary>
    /// Writes the blocks of one direction. They are stored, not compressed: a zlib stream may do without its dictionary, and the
    /// headers of a stream are sent once.
    /// </summary>
    public sealed class Writer
    {
        private bool _begun;

        public byte[] Write(IReadOnlyCollection<KeyValuePair<string, string>> headers)
        {
            using var plain = new MemoryStream();
            WriteInt32(plain, headers.Count);
            foreach (var (name, value) in headers)
            {
                WriteText(plain, name.ToLowerInvariant());
                WriteText(plain, value);
            }

            var content = plain.ToArray();
            using var block = new MemoryStream();
            if (!_begun) block.Write([0x78, 0x01]);
            _begun = true;
            for (var start = 0; start < content.Length; start += ushort.MaxValue)
                WriteStored(block, content.AsSpan(start, Math.Min(ushort.MaxValue, content.Length - start)));

            // An empty stored block makes the reader hand out what it has.
            WriteStored(block, []);
            return block.ToArray();
        }

        private static void WriteText(Stream to, string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            WriteInt32(to, bytes.Length);
            to.Write(bytes);
        }

        private static void WriteInt32(Stream to, int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            to.Write(bytes);
        }
    }

    /// <summary>Reads the blocks of one direction.</summary>
    public sealed class Reader : IDisposable
    {
        private readonly Feed _feed = new();
        private readonly DeflateStream _inflate;
        private bool _begun;

        public Reader() => _inflate = new DeflateStream(_feed, CompressionMode.Decompress);

        /// <summary>Reads one block. Names come in lower case; a header given several times has its values joined by a comma.</summary>
        /// <exception cref="InvalidDataException">It is not a header block.</exception>
        public Dictionary<string, string> Read(ReadOnlySpan<byte> block)
        {
            if (!_begun)
            {
                Begin(ref block);
                _begun = true;
            }

            _feed.Add(block);
            var budget = MaximumSize;
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            var count = ReadInt32(ref budget);
            for (var i = 0; i < count; i++)
            {
                var name = ReadText(ref budget);
                var value = ReadText(ref budget).Replace('\0', ',');
                headers[name] = headers.TryGetValue(name, out var before) ? before + "," + value : value;
            }

            return headers;
        }

        public void Dispose() => _inflate.Dispose();

        /// <summary>
        /// .NET's inflater takes no dictionary. A dictionary is what the stream could have held before its beginning, so it is
        /// put there as stored blocks, and what comes out for them is dropped.
        /// </summary>
        private void Begin(ref ReadOnlySpan<byte> block)
        {
            if (block.Length < 2 || (block[0] & 0x0f) != 8 || ((block[0] << 8) | block[1]) % 31 != 0)
                throw new InvalidDataException("SPDY: the header block is not a zlib stream");
            var withDictionary = (block[1] & 0x20) != 0;
            block = block[2..];
            if (!withDictionary) return;
            if (block.Length < 4) throw new InvalidDataException("SPDY: the header block is cut off");
            block = block[4..];

            using var before = new MemoryStream();
            WriteStored(before, Dictionary);
            _feed.Add(before.ToArray());
            _inflate.ReadExactly(new byte[Dictionary.Length]);
        }

        private string ReadText(ref int budget) => Encoding.UTF8.GetString(ReadBytes(ReadInt32(ref budget), ref budget));

        private int ReadInt32(ref int budget) => BinaryPrimitives.ReadInt32BigEndian(ReadBytes(4, ref budget));

        private byte[] ReadBytes(int count, ref int budget)
        {
            if (count < 0 || count > budget) throw new InvalidDataException($"SPDY: a header block is larger than {MaximumSize} bytes");
            budget -= count;
            var bytes = new byte[count];
            try
            {
                _inflate.ReadExactly(bytes);
            }
            catch (EndOfStreamException e)
            {
                throw new InvalidDataException("SPDY: a header block is cut off", e);
            }

            return bytes;
        }
    }

    private static void WriteStored(Stream to, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[5];
        head[0] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], (ushort)content.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(head[3..], (ushort)~content.Length);
        to.Write(head);
        to.Write(content);
    }

    /// <summary>Compressed bytes that have arrived and are not inflated yet.</summary>
    private sealed class Feed : Stream
    {
        private readonly Queue<byte[]> _waiting = new();
        private int _taken;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (!bytes.IsEmpty) _waiting.Enqueue(bytes.ToArray());
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!_waiting.TryPeek(out var first)) return 0;
            var read = Math.Min(count, first.Length - _taken);
            first.AsSpan(_taken, read).CopyTo(buffer.AsSpan(offset));
            _taken += read;
            if (_taken == first.Length)
            {
                _waiting.Dequeue();
                _taken = 0;
            }

            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
