using System.Buffers.Binary;
using System.Text;

namespace Mobula.Kubernetes.Protobuf;

/// <summary>Writes the protobuf wire format.</summary>
internal sealed class WireWriter
{
    private byte[] _buffer = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Integer(int field, long value)
    {
        Varint((ulong)(field << 3));
        Varint((ulong)value);
    }

    public void Boolean(int field, bool value) => Integer(field, value ? 1 : 0);

    public void Double(int field, double value)
    {
        Varint((ulong)((field << 3) | 1));
        BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);
    }

    public void Text(int field, string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Header(field, length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Header(field, value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Writes a message whose length is not known before.</summary>
    public void Message(int field, Action<WireWriter> content)
    {
        Varint((ulong)((field << 3) | 2));
        var start = Length;
        content(this);
        var length = Length - start;
        var prefix = VarintLength((ulong)length);
        Take(prefix);
        _buffer.AsSpan(start, length).CopyTo(_buffer.AsSpan(start + prefix));
        var end = Length;
        Length = start;
        Varint((ulong)length);
        Length = end;
    }

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    private void Header(int field, int length)
    {
        Varint((ulong)((field << 3) | 2));
        Varint((ulong)length);
    }

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Take(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }
        Take(1)[0] = (byte)value;
    }

    private static int VarintLength(ulong value)
    {
        var length = 1;
        for (; value >= 0x80; value >>= 7) length++;
        return length;
    }

    private Span<byte> Take(int count)
    {
        if (Length + count > _buffer.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
