using System.Globalization;
using System.Numerics;
using System.Text;

namespace Mobula.Controllers.Workloads;

/// <summary>
/// A quantity as Go holds it: numbers of up to 18 digits as an integer and a power of ten, beside the text they came
/// from; others as a decimal of any length.
/// </summary>
internal static class GoQuantity
{
    public const string Type = "resource.Quantity";
    private const int LongestInteger = 18;
    private const int LongestBinaryInteger = 15;
    private const int SmallestScale = -9;
    private const string DecimalSuffixes = "numkMGTPE";
    private static readonly int[] DecimalExponents = [-9, -6, -3, 3, 6, 9, 12, 15, 18];
    private const string BinarySuffixes = "KMGTPE";

    /// <summary>Writes the structure of a valid quantity; of zero when there is none.</summary>
    public static void Write(StringBuilder output, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            Write(output, 0, 0, null, "", "");
            return;
        }
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or '-' or '+')) end++;
        var (number, suffix) = (text[..end], text[end..]);
        var (isBinary, exponent, format) = Suffix(suffix);
        var negative = number.StartsWith('-');
        var parts = number.TrimStart('-', '+').Split('.');
        var whole = parts[0].TrimStart('0') is { Length: > 0 } digits ? digits : "0";
        var fraction = parts.Length > 1 ? parts[1] : "";
        var unscaled = BigInteger.Parse(whole + fraction, CultureInfo.InvariantCulture) * (negative ? -1 : 1);
        var scale = (isBinary ? 0 : exponent) - fraction.Length;
        if (isBinary) unscaled *= BigInteger.Pow(2, exponent);

        var room = !isBinary ? LongestInteger - whole.Length - fraction.Length
            : fraction.Length == 0 ? LongestBinaryInteger - whole.Length - (exponent * 3 / 10) - 1
            : -1;
        if (room >= 0 && scale >= SmallestScale) Write(output, unscaled, scale, null, text, format);
        else Write(output, 0, 0, (unscaled, -scale), "", format);
    }

    private static (bool IsBinary, int Exponent, string Format) Suffix(string suffix)
    {
        if (suffix.Length == 0) return (false, 0, "DecimalSI");
        if (suffix.Length == 2 && suffix[1] == 'i') return (true, 10 * (BinarySuffixes.IndexOf(suffix[0], StringComparison.Ordinal) + 1), "BinarySI");
        if (suffix.Length == 1 && DecimalSuffixes.IndexOf(suffix[0], StringComparison.Ordinal) is >= 0 and var i) return (false, DecimalExponents[i], "DecimalSI");
        return int.TryParse(suffix.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) ? (false, exponent, "DecimalExponent") : (false, 0, "DecimalSI");
    }

    private static void Write(StringBuilder output, BigInteger value, int scale, (BigInteger Unscaled, int Scale)? large, string text, string format)
    {
        output.Append(CultureInfo.InvariantCulture, $"{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} d:(resource.infDecAmount){{Dec:(*inf.Dec)");
        if (large is not var (unscaled, decimals)) output.Append("<nil>");
        else output.Append(CultureInfo.InvariantCulture, $"{{unscaled:(big.Int){{neg:(bool){(unscaled.Sign < 0 ? "true" : "false")} abs:(big.nat){Words(unscaled)}}} scale:(inf.Scale){decimals}}}");
        output.Append(CultureInfo.InvariantCulture, $"}} s:(string){text} Format:(resource.Format){format}}}");
    }

    private static string Words(BigInteger value)
    {
        var words = new List<string>();
        for (var rest = BigInteger.Abs(value); !rest.IsZero; rest >>= 64) words.Add((rest & ulong.MaxValue).ToString(CultureInfo.InvariantCulture));
        return words.Count == 0 ? "<nil>" : $"[{string.Join(' ', words)}]";
    }
}
