using System.Net;
using Microsoft.AspNetCore.Http;
using Mobula.ApiServer.Auditing;

namespace Mobula.ApiServer.Tests.Auditing;

public sealed class SourceAddressesTests
{
    [Theory]
    [InlineData(null, null, "203.0.113.9")]
    [InlineData("192.0.2.1, unknown, 192.0.2.2", null, "192.0.2.1 192.0.2.2 203.0.113.9")]
    [InlineData("192.0.2.1", "192.0.2.1", "192.0.2.1 203.0.113.9")]
    [InlineData(null, "192.0.2.3", "192.0.2.3 203.0.113.9")]
    [InlineData("192.0.2.1, 203.0.113.9", "nobody", "192.0.2.1 203.0.113.9")]
    public void Addresses_are_those_that_proxies_tell_and_the_connections_own(string? forwarded, string? real, string expected)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:203.0.113.9");
        if (forwarded is not null) http.Request.Headers["X-Forwarded-For"] = forwarded;
        if (real is not null) http.Request.Headers["X-Real-Ip"] = real;

        Assert.Equal(expected, string.Join(' ', SourceAddresses.Of(http)));
    }
}
