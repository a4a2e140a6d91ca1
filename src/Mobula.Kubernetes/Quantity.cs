using System.Globalization;
using System.Numerics;

namespace Mobula.Kubernetes;

/// <summary>The suffixes in which a quantity is written.</summary>
public enum QuantityFormat
{
    /// <summary>Powers of ten: <c>m</c>, <c>k</c>, <c>M</c> …</summary>
    DecimalSI,

    /// <summary>Powers of two: <c>Ki</c>, <c>Mi</c> …</summary>
    BinarySI,

    /// <summary>Scientific: <c>1e3</c>.</summary>
    DecimalExponent,
}

/// <summary>
/// An exact amount such as <c>100m</c>, <c>1.5Gi</c> or <c>2e3</c>. Its unit is whole things (cores, bytes); parts down to a
/// billionth are kept, smaller ones are rounded up.
/// </summary>
public readonly record struct Quantity : IComparable<Quantity>
{
    private const string FormatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private static readonly BigInteger Nano = 1_000_000_000;
    private static readonly (string Suffix, int Power)[] DecimalSuffixes =
        [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
    private static readonly (string Suffix, int Power)[] BinarySuffixes =
        [("", 0), ("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
    private static readonly BigInteger MaximumNano = long.MaxValue * Nano;

    private readonly BigInteger _nano;

    private Quantity(BigInteger nano, QuantityFormat format) => (_nano, Format) = (nano, format);

    /// <summary>Nothing.</summary>
    public static Quantity Zero { get; }

    /// <summary>How it is written.</summary>
    public QuantityFormat Format { get; }

    /// <summary>A whole amount.</summary>
    public static Quantity FromInteger(long value, QuantityFormat format = QuantityFormat.DecimalSI) => new(value * Nano, format);

    /// <summary>An amount in thousandths.</summary>
    public static Quantity FromMilli(long value) => new(value * (Nano / 1000), QuantityFormat.DecimalSI);

    /// <summary>The amount in whole units, rounded up; limited to the range of 64 bits.</summary>
    public long Value => Clamp(DivideUp(_nano, Nano));

    /// <summary>The amount in thousandths, rounded up; limited to the range of 64 bits.</summary>
    public long MilliValue => Clamp(DivideUp(_nano, Nano / 1000));

    /// <summary>-1, 0 or 1.</summary>
    public int Sign => _nano.Sign;

    /// <summary>The amount as a floating-point number.</summary>
    public double ToDouble() => (double)_nano / 1e9;

    /// <summary>Reads a quantity.</summary>
    /// <exception cref="FormatException">The text is none; the message is Kubernetes'.</exception>
    public static Quantity Parse(string text) => TryParse(text, out var quantity, out var error) ? quantity : throw new FormatException(error);

    /// <summary>Reads a quantity.</summary>
    public static bool TryParse(string? text, out Quantity quantity) => TryParse(text, out quantity, out _);

    /// <summary>Reads a quantity.</summary>
    /// <param name="text">The text.</param>
    /// <param name="quantity">The quantity; zero when there is none.</param>
    /// <param name="error">Kubernetes' message when the text is none; else null.</param>
    public static bool TryParse(string? text, out Quantity quantity, out string? error)
    {
        quantity = default;
        error = null;
        if (string.IsNullOrEmpty(text))
        {
            error = FormatWrong;
            return false;
        }
        var position = 0;
        var negative = text[0] == '-';
        if (text[0] is '-' or '+') position++;
        var start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position])) position++;
        var whole = text.AsSpan(start, position - start);
        var fraction = ReadOnlySpan<char>.Empty;
        if (position < text.Length && text[position] == '.')
        {
            start = ++position;
            while (position < text.Length && char.IsAsciiDigit(text[position])) position++;
            fraction = text.AsSpan(start, position - start);
        }
        if (whole.IsEmpty && fraction.IsEmpty)
        {
            error = FormatWrong;
            return false;
        }
        if (!ReadSuffix(text.AsSpan(position), out var numberBase, out var power, out var format))
        {
            error = IsQuantityShaped(text.AsSpan(position))
                ? "unable to parse quantity's suffix"
                : FormatWrong;
            return false;
        }
        var digits = BigInteger.Parse(string.Concat(whole, fraction), CultureInfo.InvariantCulture);
        var nano = Scale(digits, fraction.Length, numberBase, power);
        if (nano > MaximumNano) nano = MaximumNano;
        quantity = new(negative ? -nano : nano, format);
        return true;
    }

    /// <summary>The canonical form: the largest suffix that leaves no fraction.</summary>
    public override string ToString()
    {
        if (_nano.IsZero) return "0";
        // Amounts of 1Ki and more in powers of two are whole: what is left over is rounded up.
        if (Format == QuantityFormat.BinarySI && BigInteger.Abs(_nano) >= 1024 * Nano) return WriteBinary(DivideUp(_nano, Nano));
        var (mantissa, exponent) = (_nano, -9);
        while (exponent < 18 && (mantissa % 1000).IsZero) (mantissa, exponent) = (mantissa / 1000, exponent + 3);
        if (Format == QuantityFormat.DecimalExponent) return exponent == 0 ? $"{mantissa}" : $"{mantissa}e{exponent}";
        return mantissa + DecimalSuffixes.First(s => s.Power == exponent).Suffix;
    }

    /// <inheritdoc/>
    public int CompareTo(Quantity other) => _nano.CompareTo(other._nano);

    /// <summary>Whether the amounts are equal, however they are written.</summary>
    public bool Equals(Quantity other) => _nano == other._nano;

    /// <inheritdoc/>
    public override int GetHashCode() => _nano.GetHashCode();

    /// <summary>The sum, in the format of the first that is not zero.</summary>
    public static Quantity operator +(Quantity a, Quantity b) => new(a._nano + b._nano, a._nano.IsZero ? b.Format : a.Format);

    /// <summary>The difference, in the format of the first that is not zero.</summary>
    public static Quantity operator -(Quantity a, Quantity b) => new(a._nano - b._nano, a._nano.IsZero ? b.Format : a.Format);

    /// <summary>Whether the first is less.</summary>
    public static bool operator <(Quantity a, Quantity b) => a.CompareTo(b) < 0;

    /// <summary>Whether the first is greater.</summary>
    public static bool operator >(Quantity a, Quantity b) => a.CompareTo(b) > 0;

    /// <summary>Whether the first is less or equal.</summary>
    public static bool operator <=(Quantity a, Quantity b) => a.CompareTo(b) <= 0;

    /// <summary>Whether the first is greater or equal.</summary>
    public static bool operator >=(Quantity a, Quantity b) => a.CompareTo(b) >= 0;

    private static string WriteBinary(BigInteger value)
    {
        var power = 0;
        while (power < 60 && (value % 1024).IsZero) (value, power) = (value / 1024, power + 10);
        return value + BinarySuffixes.First(s => s.Power == power).Suffix;
    }

    private static bool ReadSuffix(ReadOnlySpan<char> suffix, out int numberBase, out int power, out QuantityFormat format)
    {
        (numberBase, power, format) = (10, 0, QuantityFormat.DecimalSI);
        foreach (var (name, value) in DecimalSuffixes)
        {
            if (!suffix.SequenceEqual(name)) continue;
            power = value;
            return true;
        }
        foreach (var (name, value) in BinarySuffixes)
        {
            if (!suffix.SequenceEqual(name)) continue;
            (numberBase, power, format) = (2, value, QuantityFormat.BinarySI);
            return true;
        }
        if (suffix.Length < 2 || suffix[0] is not ('e' or 'E')) return false;
        format = QuantityFormat.DecimalExponent;
        return int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power) && Math.Abs(power) < 1000;
    }

    private static bool IsQuantityShaped(ReadOnlySpan<char> suffix)
    {
        var position = 0;
        while (position < suffix.Length && "eEinumkKMGTP".Contains(suffix[position])) position++;
        if (position < suffix.Length && suffix[position] is '-' or '+') position++;
        while (position < suffix.Length && char.IsAsciiDigit(suffix[position])) position++;
        return position == suffix.Length;
    }

    private static BigInteger Scale(BigInteger digits, int fractionDigits, int numberBase, int power)
    {
        var tens = 9 - fractionDigits;
        if (numberBase == 2) digits <<= power;
        else tens += power;
        if (tens >= 0) return digits.IsZero ? digits : tens > 100 ? MaximumNano + 1 : digits * BigInteger.Pow(10, tens);
        return -tens > 100 ? (digits.IsZero ? 0 : 1) : DivideUp(digits, BigInteger.Pow(10, -tens));
    }

    /// <summary>Divides and rounds away from zero.</summary>
    private static BigInteger DivideUp(BigInteger value, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(value, divisor, out var remainder);
        return remainder.IsZero ? quotient : quotient + value.Sign;
    }

    private static long Clamp(BigInteger value) =>
        value > long.MaxValue ? long.MaxValue : value < long.MinValue ? long.MinValue : (long)value;
}
