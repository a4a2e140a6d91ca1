using System.Globalization;
using System.Net;
using System.Net.Sockets;
using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>An IP address. Addresses with leading zeros, zones, or IPv4 in IPv6 are none.</summary>
internal sealed record CelAddress(IPAddress Address)
{
    public static CelAddress? TryParse(string text)
    {
        if (text.AsSpan().IndexOfAny('%', '[', ']') >= 0 || !IPAddress.TryParse(text, out var address) || address.IsIPv4MappedToIPv6) return null;
        if (address.AddressFamily == AddressFamily.InterNetwork && (text.Split('.') is not { Length: 4 } parts || parts.Any(p => p.Length == 0 || (p.Length > 1 && p[0] == '0') || !p.All(char.IsAsciiDigit)))) return null;
        return new(address);
    }

    public bool IsFour => Address.AddressFamily == AddressFamily.InterNetwork;

    private byte[] Bytes => Address.GetAddressBytes();

    public bool IsUnspecified => Bytes.All(b => b == 0);

    public bool IsLoopback => IPAddress.IsLoopback(Address);

    public bool IsLinkLocalUnicast => IsFour ? Bytes is [169, 254, ..] : Address.IsIPv6LinkLocal;

    public bool IsLinkLocalMulticast => IsFour ? Bytes is [224, 0, 0, _] : Bytes[0] == 0xff && (Bytes[1] & 0x0f) == 2;

    public bool IsMulticast => IsFour ? Bytes[0] >> 4 == 14 : Bytes[0] == 0xff;

    public bool IsGlobalUnicast => !IsUnspecified && !IsLoopback && !IsMulticast && !IsLinkLocalUnicast && !(IsFour && Bytes.All(b => b == 255));

    public override string ToString() => Address.ToString();
}

/// <summary>A network in CIDR notation; the address may have bits beyond the prefix.</summary>
internal sealed record CelNetwork(IPAddress Address, int Length)
{
    public static CelNetwork? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || CelAddress.TryParse(text[..slash]) is not { } address) return null;
        var rest = text.AsSpan(slash + 1);
        if (rest.Length == 0 || (rest.Length > 1 && rest[0] == '0') || !int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var length)) return null;
        return length <= (address.IsFour ? 32 : 128) ? new(address.Address, length) : null;
    }

    public CelNetwork Masked => new(Mask(Address), Length);

    public bool Contains(IPAddress address) => address.AddressFamily == Address.AddressFamily && Mask(address).Equals(Mask(Address));

    private IPAddress Mask(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++) bytes[i] &= (byte)(0xff00 >> Math.Clamp(Length - (i * 8), 0, 8));
        return new(bytes);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}

/// <summary>Addresses, networks and URLs.</summary>
internal static class CelNetworkFunctions
{
    public static IEnumerable<CelOverload> All => [.. Addresses, .. Networks, .. Urls];

    private static IEnumerable<CelOverload> Addresses =>
    [
        CelOverload.Global("isIP", [CelKind.String], Bool, a => CelAddress.TryParse((string)a[0]!) is not null),
        CelOverload.Global("ip", [CelKind.String], Ip, a => (object?)CelAddress.TryParse((string)a[0]!) ?? NoAddress(a[0])),
        CelOverload.Global("ip.isCanonical", [CelKind.String], Bool, a => CelAddress.TryParse((string)a[0]!) is { } ip ? ip.ToString() == (string)a[0]! : NoAddress(a[0])),
        CelOverload.Member("family", [Ip], Int, a => ((CelAddress)a[0]!).IsFour ? 4L : 6L),
        Is("isUnspecified", a => a.IsUnspecified), Is("isLoopback", a => a.IsLoopback), Is("isLinkLocalMulticast", a => a.IsLinkLocalMulticast),
        Is("isLinkLocalUnicast", a => a.IsLinkLocalUnicast), Is("isGlobalUnicast", a => a.IsGlobalUnicast),
    ];

    private static IEnumerable<CelOverload> Networks =>
    [
        CelOverload.Global("isCIDR", [CelKind.String], Bool, a => CelNetwork.TryParse((string)a[0]!) is not null),
        CelOverload.Global("cidr", [CelKind.String], Cidr, a => (object?)CelNetwork.TryParse((string)a[0]!) ?? new CelError($"CIDR \"{a[0]}\" parse error during conversion from string")),
        CelOverload.Member("containsIP", [Cidr, CelKind.String], Bool, a => CelAddress.TryParse((string)a[1]!) is { } ip ? ((CelNetwork)a[0]!).Contains(ip.Address) : NoAddress(a[1])),
        CelOverload.Member("containsIP", [Cidr, Ip], Bool, a => ((CelNetwork)a[0]!).Contains(((CelAddress)a[1]!).Address)),
        CelOverload.Member("containsCIDR", [Cidr, CelKind.String], Bool, a => CelNetwork.TryParse((string)a[1]!) is { } other ? Contains((CelNetwork)a[0]!, other) : new CelError($"CIDR \"{a[1]}\" parse error during conversion from string")),
        CelOverload.Member("containsCIDR", [Cidr, Cidr], Bool, a => Contains((CelNetwork)a[0]!, (CelNetwork)a[1]!)),
        CelOverload.Member("ip", [Cidr], Ip, a => new CelAddress(((CelNetwork)a[0]!).Address)),
        CelOverload.Member("masked", [Cidr], Cidr, a => ((CelNetwork)a[0]!).Masked),
        CelOverload.Member("prefixLength", [Cidr], Int, a => (long)((CelNetwork)a[0]!).Length),
    ];

    private static IEnumerable<CelOverload> Urls =>
    [
        CelOverload.Global("isURL", [CelKind.String], Bool, a => ReadUrl((string)a[0]!) is not null),
        CelOverload.Global("url", [CelKind.String], Url, a => (object?)ReadUrl((string)a[0]!) ?? new CelError($"URL parse error during conversion from string: parse \"{a[0]}\": invalid URI for request")),
        OfUrl("getScheme", u => u.IsAbsoluteUri ? u.Scheme : ""),
        OfUrl("getHost", u => !u.IsAbsoluteUri ? "" : HasPort(u) ? $"{Bracketed(u)}:{u.Port}" : Bracketed(u)),
        OfUrl("getHostname", u => u.IsAbsoluteUri ? u.Host.Trim('[', ']') : ""),
        OfUrl("getPort", u => u.IsAbsoluteUri && HasPort(u) ? u.Port.ToString(CultureInfo.InvariantCulture) : ""),
        OfUrl("getEscapedPath", EscapedPath),
        CelOverload.Member("getQuery", [Url], _ => new CelType(Map, CelType.ListOf(CelType.String), CelType.String), a => Query((Uri)a[0]!)),
    ];

    private static CelError NoAddress(object? text) => new($"IP Address \"{text}\" parse error during conversion from string: ParseAddr(\"{text}\"): unable to parse IP");

    private static CelOverload Is(string name, Func<CelAddress, bool> holds) => CelOverload.Member(name, [Ip], Bool, a => holds((CelAddress)a[0]!));

    private static bool Contains(CelNetwork a, CelNetwork b) => b.Length >= a.Length && a.Contains(b.Address);

    private static CelOverload OfUrl(string name, Func<Uri, string> part) => CelOverload.Member(name, [Url], CelKind.String, a => part((Uri)a[0]!));

    /// <summary>An absolute URL, or an absolute path.</summary>
    private static Uri? ReadUrl(string text)
    {
        if (text.Length == 0 || text.AsSpan().IndexOfAny(' ', '\t', '\n') >= 0 || text.Contains('#', StringComparison.Ordinal)) return null;
        if (text[0] == '/') return Uri.TryCreate(text, UriKind.Relative, out var path) ? path : null;
        return text.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : null;
    }

    private static string Authority(Uri url)
    {
        var rest = url.OriginalString[(url.OriginalString.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var end = rest.IndexOfAny(['/', '?']);
        if (end >= 0) rest = rest[..end];
        return rest[(rest.LastIndexOf('@') + 1)..];
    }

    private static bool HasPort(Uri url) => Authority(url) is var authority && authority.LastIndexOf(':') > authority.LastIndexOf(']');

    private static string Bracketed(Uri url) => url.HostNameType == UriHostNameType.IPv6 && !url.Host.StartsWith('[') ? $"[{url.Host}]" : url.Host;

    private static string EscapedPath(Uri url)
    {
        var text = url.OriginalString;
        var start = 0;
        if (url.IsAbsoluteUri)
        {
            start = text.IndexOf('/', text.IndexOf("://", StringComparison.Ordinal) + 3);
            if (start < 0) return "";
        }
        var query = text.IndexOf('?', start);
        return query < 0 ? text[start..] : text[start..query];
    }

    private static CelDictionary Query(Uri url)
    {
        var result = new Dictionary<string, List<object?>>(StringComparer.Ordinal);
        var start = url.OriginalString.IndexOf('?', StringComparison.Ordinal);
        foreach (var pair in start < 0 ? [] : url.OriginalString[(start + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = Unescape(equals < 0 ? pair : pair[..equals]);
            if (!result.TryGetValue(name, out var values)) result[name] = values = [];
            values.Add(equals < 0 ? "" : Unescape(pair[(equals + 1)..]));
        }
        return new(result.ToDictionary(e => (object)e.Key, e => (object?)new CelArray(e.Value)));
    }

    private static string Unescape(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
