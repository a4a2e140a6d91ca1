using System.Net;
using Microsoft.AspNetCore.Http;

namespace Mobula.ApiServer.Auditing;

/// <summary>The addresses a request came through. All but the last are what the client or proxies say.</summary>
internal static class SourceAddresses
{
    public static IReadOnlyList<string> Of(HttpContext http)
    {
        var addresses = new List<string>();
        foreach (var part in (http.Request.Headers["X-Forwarded-For"].FirstOrDefault() ?? "").Split(','))
        {
            if (IPAddress.TryParse(part.Trim(), out var address)) addresses.Add(Text(address));
        }
        if (IPAddress.TryParse(http.Request.Headers["X-Real-Ip"].ToString(), out var real) && !addresses.Contains(Text(real))) addresses.Add(Text(real));
        var remote = Text(http.Connection.RemoteIpAddress ?? IPAddress.Loopback);
        if (addresses.Count == 0 || addresses[^1] != remote) addresses.Add(remote);
        return addresses;
    }

    private static string Text(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
