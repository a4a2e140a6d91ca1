using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>Checks a webhook's certificate, and says what is wrong with it in Go's words.</summary>
internal static class WebhookTrust
{
    /// <summary>What is wrong; null when it can be trusted.</summary>
    /// <param name="certificate">What the webhook showed.</param>
    /// <param name="sent">The further certificates that it sent.</param>
    /// <param name="authorities">To be trusted; empty for those of the system.</param>
    /// <param name="host">The name or address that was called.</param>
    /// <param name="now">The time.</param>
    public static string? Problem(X509Certificate2 certificate, X509Certificate2Collection? sent, X509Certificate2Collection authorities, string host, DateTimeOffset now)
    {
        if (now < certificate.NotBefore.ToUniversalTime()) return $"x509: certificate has expired or is not yet valid: current time {Time(now)} is before {Time(certificate.NotBefore)}";
        if (now > certificate.NotAfter.ToUniversalTime()) return $"x509: certificate has expired or is not yet valid: current time {Time(now)} is after {Time(certificate.NotAfter)}";
        if (NameProblem(certificate, host) is { } problem) return $"x509: {problem}";
        using var chain = new X509Chain();
        if (authorities.Count > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate) ? null : "x509: certificate signed by unknown authority";
    }

    private static string? NameProblem(X509Certificate2 certificate, string host)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var names = alternatives?.EnumerateDnsNames().ToList() ?? [];
        var addresses = alternatives?.EnumerateIPAddresses().ToList() ?? [];
        if (IPAddress.TryParse(host, out var address))
        {
            if (addresses.Contains(address)) return null;
            return addresses.Count == 0 ? $"cannot validate certificate for {host} because it doesn't contain any IP SANs" : $"certificate is valid for {string.Join(", ", addresses)}, not {host}";
        }
        if (names.Count > 0 && certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false)) return null;
        if (names.Count > 0) return $"certificate is valid for {string.Join(", ", names)}, not {host}";
        return addresses.Count > 0 || alternatives is not null
            ? $"certificate is not valid for any names, but wanted to match {host}"
            : "certificate relies on legacy Common Name field, use SANs instead";
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
