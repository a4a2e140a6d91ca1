using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Mobula.Node.Network;

internal enum DnsType : ushort
{
    A = 1,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Aaaa = 28,
    Srv = 33,
    Any = 255,
}

internal enum DnsResponseCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NameError = 3,
    NotImplemented = 4,
}

/// <summary>A question: names are in lower case, without the dot at the end.</summary>
internal sealed record DnsQuestion(ushort Id, bool RecursionDesired, string Name, DnsType Type, ushort Class, int Length)
{
    /// <summary>Reads a query with one question; null when it is something else.</summary>
    public static DnsQuestion? Parse(ReadOnlySpan<byte> query)
    {
        if (query.Length < 17) return null;
        var flags = BinaryPrimitives.ReadUInt16BigEndian(query[2..]);
        var isQuery = (flags & 0x8000) == 0 && (flags & 0x7800) == 0;
        if (!isQuery || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1) return null;
        var name = new StringBuilder();
        var at = 12;
        while (true)
        {
            if (at >= query.Length) return null;
            var length = query[at++];
            if (length == 0) break;
            if (length > 63 || at + length > query.Length || name.Length > 255) return null;
            if (name.Length > 0) name.Append('.');
            name.Append(Encoding.ASCII.GetString(query.Slice(at, length)));
            at += length;
        }

        if (at + 4 > query.Length) return null;
        return new DnsQuestion(
            BinaryPrimitives.ReadUInt16BigEndian(query),
            (flags & 0x100) != 0,
            name.ToString().ToLowerInvariant(),
            (DnsType)BinaryPrimitives.ReadUInt16BigEndian(query[at..]),
            BinaryPrimitives.ReadUInt16BigEndian(query[(at + 2)..]),
            at + 4);
    }
}

/// <summary>A resource record of the cluster's zone.</summary>
internal abstract record DnsRecord(string Name, DnsType Type);

internal sealed record AddressRecord(string Name, IPAddress Address) : DnsRecord(Name, DnsType.A);

internal sealed record ServiceRecord(string Name, int Port, string Target) : DnsRecord(Name, DnsType.Srv);

/// <summary>A CNAME or PTR record.</summary>
internal sealed record NameRecord(string Name, DnsType Kind, string Target) : DnsRecord(Name, Kind);

/// <summary>What is answered to a question.</summary>
internal sealed record DnsAnswer(DnsResponseCode Code, IReadOnlyList<DnsRecord> Answers, IReadOnlyList<DnsRecord> Additional)
{
    public static DnsAnswer NoData { get; } = new(DnsResponseCode.NoError, [], []);

    public static DnsAnswer NoSuchName { get; } = new(DnsResponseCode.NameError, [], []);

    public static DnsAnswer Of(params IReadOnlyList<DnsRecord> answers) => new(DnsResponseCode.NoError, answers, []);
}

/// <summary>Writes answers in the format of the wire.</summary>
internal static class DnsMessage
{
    /// <summary>What a datagram holds without an extension.</summary>
    public const int MaximumDatagram = 512;

    private const uint Ttl = 30;

    /// <summary>The answer as a message.</summary>
    /// <param name="query">The message with the question, which is repeated.</param>
    /// <param name="question">The question.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="zone">The zone that answers, for the record that says how long a denial holds.</param>
    /// <param name="maximum">Longer messages are cut, and say so.</param>
    public static byte[] Write(ReadOnlySpan<byte> query, DnsQuestion question, DnsAnswer answer, string zone, int maximum)
    {
        using var message = new MemoryStream();
        var denial = answer.Answers.Count == 0 && zone.Length > 0;
        WriteUInt16(message, question.Id);
        WriteUInt16(message, 0);
        WriteUInt16(message, 1);
        WriteUInt16(message, (ushort)answer.Answers.Count);
        WriteUInt16(message, (ushort)(denial ? 1 : 0));
        WriteUInt16(message, (ushort)answer.Additional.Count);
        message.Write(query[12..question.Length]);
        var questionEnd = message.Length;
        foreach (var record in answer.Answers) WriteRecord(message, record);
        if (denial) WriteStartOfAuthority(message, zone);
        foreach (var record in answer.Additional) WriteRecord(message, record);

        var truncated = message.Length > maximum;
        var bytes = message.ToArray();
        if (truncated)
        {
            bytes = bytes[..(int)questionEnd];
            bytes.AsSpan(6, 6).Clear();
        }

        // A response, with authority, and recursion available because other names are passed on.
        var flags = 0x8000 | 0x0400 | 0x0080 | (truncated ? 0x0200 : 0) | (question.RecursionDesired ? 0x0100 : 0) | (int)answer.Code;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)flags);
        return bytes;
    }

    /// <summary>An answer that only says what went wrong.</summary>
    public static byte[] WriteError(ReadOnlySpan<byte> query, DnsResponseCode code)
    {
        var bytes = new byte[12];
        query[..2].CopyTo(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)(0x8080 | (query.Length > 2 ? (query[2] & 1) << 8 : 0) | (int)code));
        return bytes;
    }

    private static void WriteRecord(MemoryStream message, DnsRecord record)
    {
        WriteName(message, record.Name);
        WriteUInt16(message, (ushort)record.Type);
        WriteUInt16(message, 1);
        WriteUInt32(message, Ttl);
        using var data = new MemoryStream();
        switch (record)
        {
            case AddressRecord address:
                data.Write(address.Address.GetAddressBytes());
                break;
            case ServiceRecord service:
                WriteUInt16(data, 0);
                WriteUInt16(data, 100);
                WriteUInt16(data, (ushort)service.Port);
                WriteName(data, service.Target);
                break;
            case NameRecord name:
                WriteName(data, name.Target);
                break;
        }

        WriteUInt16(message, (ushort)data.Length);
        data.WriteTo(message);
    }

    private static void WriteStartOfAuthority(MemoryStream message, string zone)
    {
        WriteName(message, zone);
        WriteUInt16(message, (ushort)DnsType.Soa);
        WriteUInt16(message, 1);
        WriteUInt32(message, Ttl);
        using var data = new MemoryStream();
        WriteName(data, "ns.dns." + zone);
        WriteName(data, "hostmaster." + zone);
        foreach (var value in (uint[])[1, 7200, 1800, 86400, Ttl]) WriteUInt32(data, value);
        WriteUInt16(message, (ushort)data.Length);
        data.WriteTo(message);
    }

    private static void WriteName(MemoryStream message, string name)
    {
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            message.WriteByte((byte)label.Length);
            message.Write(Encoding.ASCII.GetBytes(label));
        }

        message.WriteByte(0);
    }

    private static void WriteUInt16(MemoryStream message, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        message.Write(bytes);
    }

    private static void WriteUInt32(MemoryStream message, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        message.Write(bytes);
    }
}
