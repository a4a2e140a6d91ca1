using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Mobula.ApiServer.CustomResources;

/// <summary>The <c>format</c>s of strings that custom resources' schemas may ask for; others mean nothing.</summary>
internal static partial class TextFormats
{
    public static bool Holds(string format, string text) => format switch
    {
        "date-time" or "datetime" => DateTime().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "duration" => Duration().IsMatch(text),
        "byte" => Base64.IsValid(Encoding.UTF8.GetBytes(text)),
        "uuid" => Uuid().IsMatch(text),
        "ipv4" => text.Count(c => c == '.') == 3 && IPAddress.TryParse(text, out var four) && four.AddressFamily == AddressFamily.InterNetwork,
        "ipv6" => text.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(text, out var six) && six.AddressFamily == AddressFamily.InterNetworkV6,
        "cidr" => IsNetwork(text),
        "mac" => Mac().IsMatch(text),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "email" => MailAddress.TryCreate(text, out _),
        "hostname" => text.Length <= 255 && HostName().IsMatch(text),
        "hexcolor" => HexColour().IsMatch(text),
        _ => true,
    };

    private static bool IsNetwork(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IPAddress.TryParse(text.AsSpan(0, slash), out var address)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([zZ]|[+-][0-9]{2}:?[0-9]{2})\z")]
    private static partial Regex DateTime();

    [GeneratedRegex(@"\A(-?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+\z|\A-?0\z|\A[0-9]+ *(ns|us|µs|ms|s|sec|second|seconds|m|min|minute|minutes|h|hr|hour|hours|d|day|days|w|wk|week|weeks)\z")]
    private static partial Regex Duration();

    [GeneratedRegex(@"\A[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\A([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\z")]
    private static partial Regex Mac();

    // One label only: Kubernetes' validator refuses dots here.
    [GeneratedRegex(@"\A[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"\A#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\z")]
    private static partial Regex HexColour();
}
