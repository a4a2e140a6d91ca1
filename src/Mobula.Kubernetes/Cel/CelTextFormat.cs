using System.Globalization;
using System.Text;

namespace Mobula.Kubernetes.Cel;

/// <summary><c>"…%s…".format([…])</c>: <c>%s %d %f %e %b %x %X %o %%</c>, with <c>.N</c> for the digits of <c>%f</c> and <c>%e</c>.</summary>
internal static class CelTextFormat
{
    private const int UsualDigits = 6;

    public static object Format(string template, CelList arguments)
    {
        var result = new StringBuilder();
        var next = 0;
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '%')
            {
                result.Append(template[i]);
                continue;
            }
            if (++i >= template.Length) return new CelError("unexpected end of string");
            if (template[i] == '%')
            {
                result.Append('%');
                continue;
            }
            int? digits = null;
            if (template[i] == '.')
            {
                var start = ++i;
                while (i < template.Length && char.IsAsciiDigit(template[i])) i++;
                if (i >= template.Length || !int.TryParse(template.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var n) || n > 100) return new CelError("error while parsing precision");
                digits = n;
            }
            if (next >= arguments.Count) return new CelError($"index {next} out of range");
            var argument = arguments[next++];
            if (argument is CelError) return argument;
            if (One(template[i], digits, argument) is not { } text) return new CelError($"could not parse formatting clause: unrecognized formatting clause \"{template[i]}\"");
            result.Append(text);
        }
        return result.ToString();
    }

    private static string? One(char clause, int? digits, object? value) => (clause, value) switch
    {
        ('s', _) => Shown(value),
        ('d', long or ulong) => CelValues.Text(value),
        ('d', double d) when double.IsNaN(d) || double.IsInfinity(d) => CelValues.Text(value),
        ('f', _) when Number(value) is { } f => f.ToString($"F{digits ?? UsualDigits}", CultureInfo.InvariantCulture),
        ('e', _) when Number(value) is { } e => Exponential(e, digits ?? UsualDigits),
        ('b', bool b) => b ? "1" : "0",
        ('b', long n) => n < 0 ? "-" + Convert.ToString(-n, 2) : Convert.ToString(n, 2),
        ('b', ulong u) => Convert.ToString((long)u, 2),
        ('o', long n) => n < 0 ? "-" + Convert.ToString(-n, 8) : Convert.ToString(n, 8),
        ('o', ulong u) => Convert.ToString((long)u, 8),
        ('x', _) => Hexadecimal(value)?.ToLowerInvariant(),
        ('X', _) => Hexadecimal(value)?.ToUpperInvariant(),
        _ => null,
    };

    private static double? Number(object? value) => value switch { double d => d, long n => n, ulong u => u, _ => null };

    private static string Exponential(double value, int digits)
    {
        var text = value.ToString($"e{digits}", CultureInfo.InvariantCulture);
        var at = text.LastIndexOf('e');
        var power = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{text[..at]}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}");
    }

    private static string? Hexadecimal(object? value) => value switch
    {
        long n => n < 0 ? "-" + (-n).ToString("x", CultureInfo.InvariantCulture) : n.ToString("x", CultureInfo.InvariantCulture),
        ulong u => u.ToString("x", CultureInfo.InvariantCulture),
        string s => Convert.ToHexString(Encoding.UTF8.GetBytes(s)),
        byte[] b => Convert.ToHexString(b),
        _ => null,
    };

    private static string Shown(object? value) => value switch
    {
        CelList list => $"[{string.Join(", ", list.Items.Select(Shown))}]",
        CelMap map => $"{{{string.Join(", ", map.Keys.Select(k => $"{Shown(k)}: {(map.TryGet(k, out var v) ? Shown(v) : "")}").Order(StringComparer.Ordinal))}}}",
        _ => CelValues.Text(value),
    };
}
