using System.Text;
using System.Text.RegularExpressions;

namespace Mobula.Kubernetes.Names;

/// <summary>
/// The rules for names, labels and annotations. Each method returns the messages of what is wrong, in Kubernetes' words;
/// none when the text is right.
/// </summary>
public static partial class NameValidation
{
    private const string Dns1123Label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string Dns1123Subdomain = Dns1123Label + @"(\." + Dns1123Label + ")*";
    private const string Dns1035Label = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedNamePart = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private const string LabelValue = "(" + QualifiedNamePart + ")?";
    private const string PathSegmentDots = "may not be '{0}'";

    /// <summary>A DNS label after RFC 1123: at most 63 characters.</summary>
    public static IReadOnlyList<string> IsDns1123Label(string value)
    {
        var errors = new List<string>();
        if (Bytes(value) > 63) errors.Add(MaxCharacters(63));
        if (!Dns1123LabelRegex().IsMatch(value))
        {
            errors.Add(Dns1123SubdomainRegex().IsMatch(value)
                ? "must not contain dots"
                : Regex("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", Dns1123Label, "my-name", "123-abc"));
        }
        return errors;
    }

    /// <summary>A DNS name after RFC 1123: at most 253 characters, labels joined by dots.</summary>
    public static IReadOnlyList<string> IsDns1123Subdomain(string value)
    {
        var errors = new List<string>();
        if (Bytes(value) > 253) errors.Add(MaxCharacters(253));
        if (!Dns1123SubdomainRegex().IsMatch(value))
        {
            errors.Add(Regex("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", Dns1123Subdomain, "example.com"));
        }
        return errors;
    }

    /// <summary>A DNS label after RFC 1035: as 1123, but it starts with a letter.</summary>
    public static IReadOnlyList<string> IsDns1035Label(string value)
    {
        var errors = new List<string>();
        if (Bytes(value) > 63) errors.Add(MaxCharacters(63));
        if (!Dns1035LabelRegex().IsMatch(value))
        {
            errors.Add(Regex("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", Dns1035Label, "my-name", "abc-123"));
        }
        return errors;
    }

    /// <summary>The key of a label or annotation: <c>name</c> or <c>prefix/name</c>.</summary>
    public static IReadOnlyList<string> IsQualifiedName(string value)
    {
        const string format = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
        var errors = new List<string>();
        var parts = value.Split('/');
        string name;
        if (parts.Length == 1)
        {
            name = parts[0];
        }
        else if (parts.Length == 2)
        {
            name = parts[1];
            if (parts[0].Length == 0) errors.Add("prefix part must be non-empty");
            else errors.AddRange(IsDns1123Subdomain(parts[0]).Select(e => $"prefix part {e}"));
        }
        else
        {
            return [$"a valid label key {Regex(format, QualifiedNamePart, "MyName", "my.name", "123-abc")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"];
        }
        if (name.Length == 0) errors.Add("name part must be non-empty");
        else if (Bytes(name) > 63) errors.Add($"name part {MaxLength(63)}");
        if (!QualifiedNamePartRegex().IsMatch(name)) errors.Add($"name part {Regex(format, QualifiedNamePart, "MyName", "my.name", "123-abc")}");
        return errors;
    }

    /// <summary>The value of a label.</summary>
    public static IReadOnlyList<string> IsValidLabelValue(string value)
    {
        var errors = new List<string>();
        if (Bytes(value) > 63) errors.Add(MaxLength(63));
        if (!LabelValueRegex().IsMatch(value))
        {
            errors.Add(Regex("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", LabelValue, "MyValue", "my_value", "12345"));
        }
        return errors;
    }

    /// <summary>The key of a config map's or secret's data.</summary>
    public static IReadOnlyList<string> IsConfigMapKey(string value)
    {
        var errors = new List<string>();
        if (Bytes(value) > 253) errors.Add(MaxCharacters(253));
        if (value.Length == 0 || !value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            errors.Add(Regex("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"));
        }
        if (value == ".") errors.Add("must not be '.'");
        else if (value == "..") errors.Add("must not be '..'");
        else if (value.StartsWith("..", StringComparison.Ordinal)) errors.Add("must not start with '..'");
        return errors;
    }

    /// <summary>A name that may stand as one segment of a URL path.</summary>
    public static IReadOnlyList<string> IsPathSegmentName(string value)
    {
        if (value is "." or "..") return [string.Format(null, PathSegmentDots, value)];
        return [.. new[] { "/", "%" }.Where(value.Contains).Select(illegal => $"may not contain '{illegal}'")];
    }

    /// <summary>The message of a regular expression that a value does not match: <c>… (e.g. 'a',  or 'b', regex used for validation is '…')</c>.</summary>
    public static string Regex(string message, string regex, params ReadOnlySpan<string> examples)
    {
        if (examples.Length == 0) return $"{message} (regex used for validation is '{regex}')";
        var text = new StringBuilder(message).Append(" (e.g. ");
        for (var i = 0; i < examples.Length; i++)
        {
            if (i > 0) text.Append(" or ");
            text.Append('\'').Append(examples[i]).Append("', ");
        }
        return text.Append("regex used for validation is '").Append(regex).Append("')").ToString();
    }

    /// <summary><c>must be no more than N bytes</c>.</summary>
    public static string MaxLength(int length) => $"must be no more than {length} bytes";

    /// <summary><c>must be no more than N characters</c>.</summary>
    public static string MaxCharacters(int length) => $"must be no more than {length} characters";

    private static int Bytes(string value) => Encoding.UTF8.GetByteCount(value);

    [GeneratedRegex(@"\A" + Dns1123Label + @"\z")]
    private static partial Regex Dns1123LabelRegex();

    [GeneratedRegex(@"\A" + Dns1123Subdomain + @"\z")]
    private static partial Regex Dns1123SubdomainRegex();

    [GeneratedRegex(@"\A" + Dns1035Label + @"\z")]
    private static partial Regex Dns1035LabelRegex();

    [GeneratedRegex(@"\A(?:" + QualifiedNamePart + @")\z")]
    private static partial Regex QualifiedNamePartRegex();

    [GeneratedRegex(@"\A(?:" + LabelValue + @")\z")]
    private static partial Regex LabelValueRegex();
}
