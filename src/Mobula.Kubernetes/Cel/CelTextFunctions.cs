using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Mobula.Kubernetes.Errors;
using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>Functions of texts. Places in a text are counted in code points.</summary>
internal static class CelTextFunctions
{
    private const int MaximumPatterns = 1000;

    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    public static IEnumerable<CelOverload> All =>
    [
        .. Sized("size", [CelKind.String], a => (long)CelValues.Length((string)a[0]!)),
        .. Sized("size", [Bytes], a => (long)((byte[])a[0]!).Length),
        Is("contains", (s, t) => s.Contains(t, StringComparison.Ordinal)),
        Is("startsWith", (s, t) => s.StartsWith(t, StringComparison.Ordinal)),
        Is("endsWith", (s, t) => s.EndsWith(t, StringComparison.Ordinal)),
        CelOverload.Member("matches", [CelKind.String, CelKind.String], Bool, a => Matching((string)a[1]!, r => r.IsMatch((string)a[0]!))),
        CelOverload.Global("matches", [CelKind.String, CelKind.String], Bool, a => Matching((string)a[1]!, r => r.IsMatch((string)a[0]!))),
        CelOverload.Member("find", [CelKind.String, CelKind.String], CelKind.String, a => Matching((string)a[1]!, r => r.Match((string)a[0]!).Value)),
        Texts("findAll", [CelKind.String, CelKind.String], a => Matching((string)a[1]!, r => Texts(r.Matches((string)a[0]!).Select(m => m.Value)))),
        Texts("findAll", [CelKind.String, CelKind.String, Int], a => Matching((string)a[1]!, r => Texts(r.Matches((string)a[0]!).Select(m => m.Value).Take((long)a[2]! < 0 ? int.MaxValue : (int)Math.Min((long)a[2]!, int.MaxValue))))),
        CelOverload.Member("charAt", [CelKind.String, Int], CelKind.String, a => Runes(a[0]) is var r && (long)a[1]! is var i && i >= 0 && i <= r.Length ? i == r.Length ? "" : r[i].ToString() : Outside(a[1])),
        CelOverload.Member("indexOf", [CelKind.String, CelKind.String], Int, a => IndexOf((string)a[0]!, (string)a[1]!, 0)),
        CelOverload.Member("indexOf", [CelKind.String, CelKind.String, Int], Int, a => IndexOf((string)a[0]!, (string)a[1]!, (long)a[2]!)),
        CelOverload.Member("lastIndexOf", [CelKind.String, CelKind.String], Int, a => LastIndexOf((string)a[0]!, (string)a[1]!, null)),
        CelOverload.Member("lastIndexOf", [CelKind.String, CelKind.String, Int], Int, a => LastIndexOf((string)a[0]!, (string)a[1]!, (long)a[2]!)),
        Changed("lowerAscii", s => Map(s, c => c is >= 'A' and <= 'Z' ? (char)(c + 32) : c)),
        Changed("upperAscii", s => Map(s, c => c is >= 'a' and <= 'z' ? (char)(c - 32) : c)),
        Changed("trim", s => s.Trim()),
        Changed("reverse", s => string.Concat(s.EnumerateRunes().Reverse().Select(r => r.ToString()))),
        CelOverload.Member("replace", [CelKind.String, CelKind.String, CelKind.String], CelKind.String, a => Replace((string)a[0]!, (string)a[1]!, (string)a[2]!, -1)),
        CelOverload.Member("replace", [CelKind.String, CelKind.String, CelKind.String, Int], CelKind.String, a => Replace((string)a[0]!, (string)a[1]!, (string)a[2]!, (long)a[3]!)),
        Texts("split", [CelKind.String, CelKind.String], a => Split((string)a[0]!, (string)a[1]!, -1)),
        Texts("split", [CelKind.String, CelKind.String, Int], a => Split((string)a[0]!, (string)a[1]!, (long)a[2]!)),
        CelOverload.Member("substring", [CelKind.String, Int], CelKind.String, a => Substring(Runes(a[0]), (long)a[1]!, null)),
        CelOverload.Member("substring", [CelKind.String, Int, Int], CelKind.String, a => Substring(Runes(a[0]), (long)a[1]!, (long)a[2]!)),
        CelOverload.Member("join", [List], CelKind.String, a => Join((CelList)a[0]!, "")),
        CelOverload.Member("join", [List, CelKind.String], CelKind.String, a => Join((CelList)a[0]!, (string)a[1]!)),
        CelOverload.Member("format", [CelKind.String, List], CelKind.String, a => CelTextFormat.Format((string)a[0]!, (CelList)a[1]!)),
        CelOverload.Global("strings.quote", [CelKind.String], CelKind.String, a => GoText.Quote((string)a[0]!)),
    ];

    /// <summary>A function that is called either way.</summary>
    public static IEnumerable<CelOverload> Sized(string name, CelKind[] parameters, Func<object?[], object?> body) =>
        [CelOverload.Global(name, parameters, Int, body), CelOverload.Member(name, parameters, Int, body)];

    private static CelOverload Is(string name, Func<string, string, bool> holds) => CelOverload.Member(name, [CelKind.String, CelKind.String], Bool, a => holds((string)a[0]!, (string)a[1]!));

    private static CelOverload Changed(string name, Func<string, string> change) => CelOverload.Member(name, [CelKind.String], CelKind.String, a => change((string)a[0]!));

    private static CelOverload Texts(string name, CelKind[] parameters, Func<object?[], object?> body) => CelOverload.Member(name, parameters, _ => CelType.ListOf(CelType.String), body);

    private static CelArray Texts(IEnumerable<string> texts) => new([.. texts]);

    private static string Map(string text, Func<char, char> change) => string.Create(text.Length, (text, change), static (span, s) =>
    {
        for (var i = 0; i < span.Length; i++) span[i] = s.change(s.text[i]);
    });

    private static object? Matching(string pattern, Func<Regex, object?> use)
    {
        try
        {
            if (!Patterns.TryGetValue(pattern, out var regex))
            {
                regex = CelPattern.Make(pattern);
                if (Patterns.Count < MaximumPatterns) Patterns[pattern] = regex;
            }
            return use(regex);
        }
        catch (ArgumentException e)
        {
            return new CelError($"error parsing regexp: {e.Message}");
        }
        catch (RegexMatchTimeoutException)
        {
            return new CelError("the regular expression takes too long");
        }
    }

    private static Rune[] Runes(object? text) => [.. ((string)text!).EnumerateRunes()];

    private static CelError Outside(object? index) => new($"index out of range: {index}");

    /// <summary>The place of a code point in UTF-16.</summary>
    private static int Unit(string text, long runes)
    {
        var at = 0;
        for (; runes > 0 && at < text.Length; runes--) at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        return runes > 0 ? text.Length + 1 : at;
    }

    private static object IndexOf(string text, string part, long start)
    {
        var unit = start < 0 ? -1 : Unit(text, start);
        if (unit < 0 || unit > text.Length) return part.Length == 0 && unit >= 0 ? start : Outside(start);
        var at = text.IndexOf(part, unit, StringComparison.Ordinal);
        return at < 0 ? -1L : (long)CelValues.Length(text[..at]);
    }

    private static object LastIndexOf(string text, string part, long? start)
    {
        if (start is < 0 || start > CelValues.Length(text)) return Outside(start);
        var last = start is { } s ? Unit(text, s) : text.Length;
        for (var at = Math.Min(last, text.Length - part.Length); at >= 0; at--)
        {
            if (string.CompareOrdinal(text, at, part, 0, part.Length) == 0) return (long)CelValues.Length(text[..at]);
        }
        return -1L;
    }

    private static string Replace(string text, string old, string with, long times)
    {
        if (times == 0) return text;
        if (times < 0 && old.Length > 0) return text.Replace(old, with, StringComparison.Ordinal);
        var result = new StringBuilder();
        var at = 0;
        for (; times != 0; times--)
        {
            var found = old.Length == 0 ? at : text.IndexOf(old, at, StringComparison.Ordinal);
            if (found < 0) break;
            result.Append(text, at, found - at).Append(with);
            at = found + old.Length;
            if (old.Length > 0) continue;
            if (at >= text.Length) return result.ToString();
            var width = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
            result.Append(text, at, width);
            at += width;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private static CelArray Split(string text, string separator, long limit)
    {
        if (limit == 0) return Texts([]);
        if (limit == 1) return Texts([text]);
        if (separator.Length > 0) return Texts(limit < 0 ? text.Split(separator) : text.Split(separator, (int)Math.Min(limit, int.MaxValue)));
        var letters = text.EnumerateRunes().Select(r => r.ToString()).ToList();
        return limit < 0 || letters.Count <= limit ? Texts(letters) : Texts(letters.Take((int)limit - 1).Append(string.Concat(letters.Skip((int)limit - 1))));
    }

    private static object Substring(Rune[] text, long start, long? end)
    {
        var last = end ?? text.Length;
        if (start < 0 || start > text.Length) return Outside(start);
        if (last < 0 || last > text.Length) return Outside(last);
        if (start > last) return new CelError(string.Create(CultureInfo.InvariantCulture, $"invalid substring range. start: {start}, end: {last}"));
        return string.Concat(text[(int)start..(int)last].Select(r => r.ToString()));
    }

    private static object Join(CelList list, string separator) =>
        list.Items.All(i => i is string) ? string.Join(separator, list.Items.Cast<string>()) : CelError.NoSuchOverload;
}
