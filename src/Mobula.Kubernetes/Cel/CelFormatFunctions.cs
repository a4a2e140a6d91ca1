using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Mobula.Kubernetes.Names;
using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>A named format of texts.</summary>
/// <param name="Name">The name.</param>
/// <param name="Check">What is wrong with a text; empty when nothing is.</param>
internal sealed record CelFormat(string Name, Func<string, IReadOnlyList<string>> Check);

/// <summary>Kubernetes' named formats.</summary>
internal static partial class CelFormatFunctions
{
    private static readonly CelFormat[] Formats =
    [
        new("dns1123Label", NameValidation.IsDns1123Label),
        new("dns1123Subdomain", NameValidation.IsDns1123Subdomain),
        new("dns1035Label", NameValidation.IsDns1035Label),
        new("dns1123LabelPrefix", t => NameValidation.IsDns1123Label(Prefix(t))),
        new("dns1123SubdomainPrefix", t => NameValidation.IsDns1123Subdomain(Prefix(t))),
        new("dns1035LabelPrefix", t => NameValidation.IsDns1035Label(Prefix(t))),
        new("qualifiedName", NameValidation.IsQualifiedName),
        new("labelValue", NameValidation.IsValidLabelValue),
        new("uri", t => CelLibrary.Call("isURL", false, [t]) is true ? [] : ["invalid URI"]),
        new("uuid", t => Uuid().IsMatch(t) ? [] : ["does not match the UUID format"]),
        new("byte", t => System.Buffers.Text.Base64.IsValid(Encoding.UTF8.GetBytes(t)) ? [] : ["invalid base64"]),
        new("date", t => DateOnly.TryParseExact(t, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? [] : ["invalid date"]),
        new("datetime", t => CelValues.TryParseTimestamp(t, out _) ? [] : ["invalid datetime"]),
    ];

    public static IEnumerable<CelOverload> All =>
    [
        .. Formats.Select(f => CelOverload.Global($"format.{f.Name}", [], Format, _ => f)),
        new("format.named", false, [CelKind.String], _ => CelType.OptionalOf(new(Format)), a => Formats.FirstOrDefault(f => f.Name == (string)a[0]!) is { } found ? CelOptional.Of(found) : CelOptional.None),
        CelOverload.Member("validate", [Format, CelKind.String], _ => CelType.OptionalOf(CelType.ListOf(CelType.String)), a => Validate((CelFormat)a[0]!, (string)a[1]!)),
    ];

    private static CelOptional Validate(CelFormat format, string text)
    {
        var problems = format.Check(text);
        return problems.Count == 0 ? CelOptional.None : CelOptional.Of(new CelArray([.. problems]));
    }

    private static string Prefix(string text) => text.EndsWith('-') && text.Length > 1 ? text[..^1] + "a" : text;

    [GeneratedRegex(@"\A[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid();
}
