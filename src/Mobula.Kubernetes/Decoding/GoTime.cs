using System.Globalization;
using Mobula.Kubernetes.Errors;

namespace Mobula.Kubernetes.Decoding;

/// <summary>Reads RFC 3339 times as Go's <c>time.Parse</c> does, with its messages.</summary>
internal static class GoTime
{
    private static readonly (string Layout, int Digits)[] Parts =
        [("2006", 4), ("-", 0), ("01", 2), ("-", 0), ("02", 2), ("T", 0), ("15", 2), (":", 0), ("04", 2), (":", 0), ("05", 2)];

    public static bool TryParse(string text, bool micro, out DateTimeOffset time, out string? problem)
    {
        time = default;
        problem = null;
        var values = new List<int>();
        var rest = text;
        foreach (var (layout, digits) in Parts)
        {
            var length = digits == 0 ? layout.Length : digits;
            var fits = rest.Length >= length && (digits == 0 ? rest.StartsWith(layout, StringComparison.Ordinal) : rest[..length].All(char.IsAsciiDigit));
            if (!fits)
            {
                problem = $"cannot parse {GoText.Quote(rest)} as {GoText.Quote(layout)}";
                return false;
            }
            if (digits > 0) values.Add(int.Parse(rest[..length], CultureInfo.InvariantCulture));
            rest = rest[length..];
        }
        var fraction = rest.Length > 0 && rest[0] is '.' or ',' ? rest[1..].TakeWhile(char.IsAsciiDigit).Count() : 0;
        if (micro && fraction != 6)
        {
            problem = $"cannot parse {GoText.Quote(rest)} as \".000000\"";
            return false;
        }
        var part = fraction > 0 ? double.Parse($"0.{rest.AsSpan(1, fraction)}", CultureInfo.InvariantCulture) : 0;
        if (fraction > 0) rest = rest[(fraction + 1)..];
        if (!ReadZone(rest, out var offset))
        {
            problem = $"cannot parse {GoText.Quote(rest)} as \"Z07:00\"";
            return false;
        }
        return Assemble(values, part, offset, out time, out problem);
    }

    private static bool ReadZone(string text, out TimeSpan offset)
    {
        offset = default;
        if (text == "Z") return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':'
            || !int.TryParse(text.AsSpan(1, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(text.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var minutes))
        {
            return false;
        }
        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Assemble(List<int> values, double fraction, TimeSpan offset, out DateTimeOffset time, out string? problem)
    {
        var (year, month, day, hour, minute, second) = (values[0], values[1], values[2], values[3], values[4], values[5]);
        time = default;
        problem = month is < 1 or > 12 ? "month out of range"
            : day < 1 || day > DateTime.DaysInMonth(Math.Max(year, 1), month) ? "day out of range"
            : hour > 23 ? "hour out of range" : minute > 59 ? "minute out of range" : second > 59 ? "second out of range" : null;
        if (problem is not null) return false;
        var local = new DateTime(Math.Max(year, 1), month, day, hour, minute, second, DateTimeKind.Unspecified)
            .AddTicks((long)Math.Round(fraction * TimeSpan.TicksPerSecond));
        time = new DateTimeOffset(local - offset, TimeSpan.Zero);
        return true;
    }
}
