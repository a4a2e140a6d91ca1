using System.Globalization;
using System.Text;
using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>From one type to another.</summary>
internal static class CelConversions
{
    public static IEnumerable<CelOverload> All =>
    [
        CelOverload.Global("int", [Int], Int, a => a[0]),
        CelOverload.Global("int", [Uint], Int, a => (ulong)a[0]! <= long.MaxValue ? (long)(ulong)a[0]! : CelError.Overflow),
        CelOverload.Global("int", [CelKind.Double], Int, a => (double)a[0]! is > -9223372036854775808d and < 9223372036854775808d and var d ? (long)d : CelError.Overflow),
        CelOverload.Global("int", [CelKind.String], Int, a => long.TryParse((string)a[0]!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : Unreadable("int", a[0])),
        CelOverload.Global("int", [Timestamp], Int, a => ((DateTimeOffset)a[0]!).ToUnixTimeSeconds()),
        CelOverload.Global("int", [Duration], Int, a => ((TimeSpan)a[0]!).Ticks * 100),
        CelOverload.Global("uint", [Uint], Uint, a => a[0]),
        CelOverload.Global("uint", [Int], Uint, a => (long)a[0]! >= 0 ? (ulong)(long)a[0]! : new CelError("unsigned integer overflow")),
        CelOverload.Global("uint", [CelKind.Double], Uint, a => (double)a[0]! is >= 0 and < 18446744073709551616d and var d ? (ulong)d : new CelError("unsigned integer overflow")),
        CelOverload.Global("uint", [CelKind.String], Uint, a => ulong.TryParse((string)a[0]!, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : Unreadable("uint", a[0])),
        CelOverload.Global("double", [CelKind.Double], CelKind.Double, a => a[0]),
        CelOverload.Global("double", [Int], CelKind.Double, a => (double)(long)a[0]!),
        CelOverload.Global("double", [Uint], CelKind.Double, a => (double)(ulong)a[0]!),
        CelOverload.Global("double", [CelKind.String], CelKind.Double, a => double.TryParse((string)a[0]!, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) ? d : Unreadable("double", a[0])),
        CelOverload.Global("bool", [Bool], Bool, a => a[0]),
        CelOverload.Global("bool", [CelKind.String], Bool, a => (string)a[0]! switch
        {
            "1" or "t" or "T" or "true" or "True" or "TRUE" => true,
            "0" or "f" or "F" or "false" or "False" or "FALSE" => false,
            _ => Unreadable("bool", a[0]),
        }),
        .. new[] { CelKind.String, Bool, Int, Uint, CelKind.Double, Timestamp, Duration }.Select(k => CelOverload.Global("string", [k], CelKind.String, a => CelValues.Text(a[0]))),
        CelOverload.Global("string", [Bytes], CelKind.String, a => Decode((byte[])a[0]!)),
        CelOverload.Global("string", [Ip], CelKind.String, a => ((CelAddress)a[0]!).ToString()),
        CelOverload.Global("string", [Cidr], CelKind.String, a => ((CelNetwork)a[0]!).ToString()),
        CelOverload.Global("bytes", [Bytes], Bytes, a => a[0]),
        CelOverload.Global("bytes", [CelKind.String], Bytes, a => Encoding.UTF8.GetBytes((string)a[0]!)),
        CelOverload.Global("timestamp", [Timestamp], Timestamp, a => a[0]),
        CelOverload.Global("timestamp", [CelKind.String], Timestamp, a => CelValues.TryParseTimestamp((string)a[0]!, out var time) ? time : Unreadable("timestamp", a[0])),
        CelOverload.Global("timestamp", [Int], Timestamp, a => (long)a[0]! is >= -62135596800 and <= 253402300799 and var s ? DateTimeOffset.FromUnixTimeSeconds(s) : new CelError("timestamp overflow")),
        CelOverload.Global("duration", [Duration], Duration, a => a[0]),
        CelOverload.Global("duration", [CelKind.String], Duration, a => CelValues.TryParseDuration((string)a[0]!, out var duration) ? duration : Unreadable("duration", a[0])),
        new("dyn", false, [Dyn], _ => CelType.Dyn, a => a[0]),
        CelOverload.Global("type", [Dyn], CelKind.Type, a => new CelTypeName(CelValues.TypeName(a[0]))),
    ];

    private static CelError Unreadable(string type, object? value) => new($"type conversion error from 'string' to '{type}': cannot read \"{value}\"");

    private static object Decode(byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return new CelError("invalid UTF-8 in bytes, cannot convert to string");
        }
    }
}
