using System.Globalization;
using System.Text;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>The pieces of which Kubernetes composes the texts of violations.</summary>
internal static class Phrases
{
    public static string Quoted(IEnumerable<string> items) => string.Join(", ", items.Select(i => $"\"{i}\""));

    public static string Plural(string singular, string plural, int count) => count == 1 ? singular : plural;

    public static string Containers(IReadOnlyList<ContainerDetails> containers) =>
        $"{Plural("container", "containers", containers.Count)} {Quoted(containers.Select(c => c.Name))}";

    /// <summary>Who set something: the pod, containers, annotations, joined by <c>and</c>.</summary>
    public static string Setters(bool pod, IReadOnlyList<ContainerDetails> containers, int annotations = 0)
    {
        List<string> setters = [];
        if (pod) setters.Add("pod");
        if (containers.Count > 0) setters.Add(Containers(containers));
        if (annotations > 0) setters.Add(Plural("annotation", "annotations", annotations));
        return string.Join(" and ", setters);
    }

    /// <summary>The distinct values in the order of their UTF-8 bytes (which is not that of UTF-16).</summary>
    public static List<string> SortedSet(IEnumerable<string> values)
    {
        List<string> sorted = [.. values.Distinct(StringComparer.Ordinal)];
        sorted.Sort(Utf8Order.Instance);
        return sorted;
    }

    /// <summary>A text as Go's <c>%q</c> writes it.</summary>
    public static string GoQuoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append(@"\\"),
                '\a' => quoted.Append(@"\a"),
                '\b' => quoted.Append(@"\b"),
                '\f' => quoted.Append(@"\f"),
                '\n' => quoted.Append(@"\n"),
                '\r' => quoted.Append(@"\r"),
                '\t' => quoted.Append(@"\t"),
                '\v' => quoted.Append(@"\v"),
                < ' ' or 0x7f => quoted.Append(CultureInfo.InvariantCulture, $@"\x{rune.Value:x2}"),
                _ when IsPrintable(rune) => quoted.Append(rune),
                < 0x10000 => quoted.Append(CultureInfo.InvariantCulture, $@"\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $@"\U{rune.Value:x8}"),
            };
        }
        return quoted.Append('"').ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
        UnicodeCategory.OtherNotAssigned);

    internal sealed class Utf8Order : IComparer<string>
    {
        public static readonly Utf8Order Instance = new();

        public int Compare(string? x, string? y)
        {
            var (a, b) = (x ?? "", y ?? "");
            var at = a.AsSpan().CommonPrefixLength(b);
            if (at == a.Length || at == b.Length) return a.Length - b.Length;
            var (surrogateA, surrogateB) = (char.IsSurrogate(a[at]), char.IsSurrogate(b[at]));
            // Code points above U+FFFF, which UTF-16 writes as surrogates, come after all others in UTF-8.
            return surrogateA == surrogateB ? a[at] - b[at] : surrogateA ? 1 : -1;
        }
    }
}
