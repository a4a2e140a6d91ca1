using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Rules for texts and numbers in specs. Each gives the messages of what is wrong; none when it is right.</summary>
internal static partial class FieldRules
{
    public const string MustBeIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    public const string MustBeCidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    public const string MustBePort = "must be between 1 and 65535, inclusive";

    /// <summary>The name of a port: at most 15 of <c>a-z0-9-</c>, with a letter.</summary>
    public static IReadOnlyList<string> IsPortName(string name)
    {
        var errors = new List<string>();
        if (name.Length > 15) errors.Add(NameValidation.MaxCharacters(15));
        if (name.Length == 0 || !name.All(c => char.IsAsciiDigit(c) || char.IsAsciiLetterLower(c) || c == '-')) errors.Add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        if (!name.Any(char.IsAsciiLetterLower)) errors.Add("must contain at least one letter (a-z)");
        if (name.Contains("--", StringComparison.Ordinal)) errors.Add("must not contain consecutive hyphens");
        if (name.StartsWith('-') || name.EndsWith('-')) errors.Add("must not begin or end with a hyphen");
        return errors;
    }

    public static bool IsPort(long number) => number is >= 1 and <= 65535;

    /// <summary>The name of an environment variable: printable ASCII without <c>=</c>.</summary>
    public static IReadOnlyList<string> IsEnvironmentName(string name) =>
        name.Length > 0 && name.All(c => c is >= ' ' and <= '~' and not '=') ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

    public static IReadOnlyList<string> IsHttpHeaderName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? []
        : [NameValidation.Regex("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name")];

    /// <summary>A DNS name whose labels may also hold or begin with underscores.</summary>
    public static IReadOnlyList<string> IsSubdomainWithUnderscore(string name)
    {
        var errors = new List<string>();
        if (name.Length > 253) errors.Add(NameValidation.MaxCharacters(253));
        if (!UnderscoreSubdomain().IsMatch(name))
        {
            errors.Add(NameValidation.Regex(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
                @"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*", "example.com"));
        }
        return errors;
    }

    /// <summary>A DNS name with a path: <c>example.com/x</c>.</summary>
    public static bool IsDomainPrefixedPath(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && slash < text.Length - 1
        && NameValidation.IsDns1123Subdomain(text[..slash]).Count == 0 && PathCharacters().IsMatch(text[(slash + 1)..]);

    public static bool IsIp(string text) => IsIpv4(text) || (text.Contains(':', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6);

    public static bool IsIpv4(string text) =>
        text.Split('.') is { Length: 4 } parts && parts.All(p => p.Length is > 0 and <= 3 && p.All(char.IsAsciiDigit) && int.Parse(p, null) <= 255 && (p.Length == 1 || p[0] != '0'));

    public static bool IsCidr(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && IsIp(text[..slash]) && text[(slash + 1)..] is { Length: > 0 } bits && bits.All(char.IsAsciiDigit)
        && int.TryParse(bits, out var length) && length <= (IsIpv4(text[..slash]) ? 32 : 128);

    public static IReadOnlyList<string> IsPercent(string text) => Percent().IsMatch(text) ? []
        : [NameValidation.Regex("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")];

    /// <summary>A user or group.</summary>
    public const string MustBeId = "must be between 0 and 2147483647, inclusive";

    public static bool IsId(long id) => id is >= 0 and <= int.MaxValue;

    /// <summary>What is wrong with a path that must stay below its root; null when nothing is.</summary>
    public static string? DescendingPath(string path) =>
        path.StartsWith('/') ? "must be a relative path" : Backsteps(path);

    /// <summary>What is wrong with a path that may not go up; null when nothing is.</summary>
    public static string? Backsteps(string path) => path.Split('/').Contains("..") ? "must not contain '..'" : null;

    [GeneratedRegex(@"\A_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex UnderscoreSubdomain();

    [GeneratedRegex(@"\A[A-Za-z0-9/\-._~%!$&'()*+,;=:]+\z")]
    private static partial Regex PathCharacters();

    [GeneratedRegex(@"\A[0-9]+%\z")]
    private static partial Regex Percent();
}
