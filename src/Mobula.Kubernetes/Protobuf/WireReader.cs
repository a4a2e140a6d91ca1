using System.Buffers.Binary;
using System.Text;

namespace Mobula.Kubernetes.Protobuf;

/// <summary>Reads the protobuf wire format.</summary>
/// <param name="bytes">A message.</param>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;
    private int _wireType;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>The value of the current field if it is a number.</summary>
    public long Number { get; private set; }

    /// <summary>The value of the current field if it has a length.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Reads the next field.</summary>
    /// <exception cref="FormatException">The bytes are no message.</exception>
    public bool Next()
    {
        if (_position == _bytes.Length) return false;
        var tag = Varint();
        (Field, _wireType) = ((int)(tag >> 3), (int)(tag & 7));
        if (Field == 0) throw new FormatException("proto: illegal tag 0");
        switch (_wireType)
        {
            case 0:
                Number = (long)Varint();
                break;
            case 1:
                Number = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
                break;
            case 2:
                var length = Varint();
                if (length > int.MaxValue) throw new FormatException("unexpected EOF");
                Content = Take((int)length);
                break;
            case 5:
                Number = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
                break;
            default:
                throw new FormatException($"proto: illegal wireType {_wireType}");
        }
        return true;
    }

    public readonly string Text() => Encoding.UTF8.GetString(Content);

    public readonly double Double() => BitConverter.Int64BitsToDouble(Number);

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position == _bytes.Length) throw new FormatException("unexpected EOF");
            var b = _bytes[_position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw new FormatException("proto: integer overflow");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _position) throw new FormatException("unexpected EOF");
        var span = _bytes.Slice(_position, count);
        _position += count;
        return span;
    }
}
