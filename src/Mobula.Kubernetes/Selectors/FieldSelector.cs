using System.Text;

namespace Mobula.Kubernetes.Selectors;

/// <summary>A requirement on a field: equal or not equal.</summary>
/// <param name="Field">The field, for example <c>metadata.name</c>.</param>
/// <param name="Equal">Whether the value must be equal; else it must differ.</param>
/// <param name="Value">The value.</param>
public sealed record FieldRequirement(string Field, bool Equal, string Value)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Field}{(Equal ? "=" : "!=")}{FieldSelector.Escape(Value)}";
}

/// <summary>The query parameter <c>fieldSelector</c>: <c>metadata.name=a,status.phase!=Failed</c>. Which fields a kind knows is the server's business.</summary>
public sealed class FieldSelector
{
    /// <summary>Makes a selector of its requirements.</summary>
    public FieldSelector(IEnumerable<FieldRequirement> requirements) => Requirements = [.. requirements];

    /// <summary>Matches every object.</summary>
    public static FieldSelector Everything { get; } = new([]);

    /// <summary>The requirements, as written.</summary>
    public IReadOnlyList<FieldRequirement> Requirements { get; }

    /// <summary>Whether it matches every object.</summary>
    public bool IsEverything => Requirements.Count == 0;

    /// <summary>The value that a field must be equal to, or null.</summary>
    public string? RequiredValue(string field) => Requirements.FirstOrDefault(r => r.Equal && r.Field == field)?.Value;

    /// <summary>Reads a selector.</summary>
    /// <exception cref="StatusException">400 with Kubernetes' message.</exception>
    public static FieldSelector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return Everything;
        var requirements = new List<FieldRequirement>();
        foreach (var part in Split(text))
        {
            if (part.Length == 0) continue;
            requirements.Add(ReadRequirement(part) ?? throw Errors.StatusErrors.BadRequest($"invalid selector: '{text}'; can't understand '{part}'"));
        }
        return requirements.Count == 0 ? Everything : new(requirements);
    }

    /// <summary>Whether an object matches.</summary>
    /// <param name="valueOf">Gives the text of a field; empty when it is absent.</param>
    public bool Matches(Func<string, string> valueOf) => Requirements.All(r => (valueOf(r.Field) == r.Value) == r.Equal);

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Join(',', Requirements);

    /// <summary>Puts backslashes before the characters that mean something in a selector.</summary>
    public static string Escape(string value) =>
        value.Replace("\\", "\\\\").Replace(",", "\\,").Replace("=", "\\=");

    /// <summary>Splits at commas that no backslash escapes.</summary>
    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        var start = 0;
        var escaped = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (escaped) escaped = false;
            else if (text[i] == '\\') escaped = true;
            else if (text[i] == ',')
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }
        parts.Add(text[start..]);
        return parts;
    }

    private static FieldRequirement? ReadRequirement(string part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            foreach (var op in (string[])["!=", "==", "="])
            {
                if (string.CompareOrdinal(part, i, op, 0, op.Length) != 0) continue;
                var value = Unescape(part[(i + op.Length)..]);
                return new(part[..i], op != "!=", value);
            }
        }
        return null;
    }

    private static string Unescape(string text)
    {
        var value = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\')
            {
                if (i + 1 == text.Length || text[i + 1] is not ('\\' or ',' or '='))
                {
                    throw Errors.StatusErrors.BadRequest(i + 1 == text.Length
                        ? $"invalid field selector: invalid escape sequence: {text[i..]}"
                        : $"invalid field selector: invalid escape sequence: \\{text[i + 1]}");
                }
                c = text[++i];
            }
            else if (c is ',' or '=')
            {
                throw Errors.StatusErrors.BadRequest($"invalid field selector: {text}: unescaped special character: {c}");
            }
            value.Append(c);
        }
        return value.ToString();
    }
}
