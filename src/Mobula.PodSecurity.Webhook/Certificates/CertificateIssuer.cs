using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mobula.PodSecurity.Webhook.Certificates;

/// <summary>Makes authorities and serving certificates (ECDSA, P-256).</summary>
internal static class CertificateIssuer
{
    private static readonly TimeSpan ClockDifference = TimeSpan.FromHours(1);

    /// <summary>A certificate authority with its key.</summary>
    public static X509Certificate2 Authority(DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Two authorities of one name would confuse who looks an issuer up by it.
        var name = $"CN=mobula-webhook-ca-{now.ToUnixTimeSeconds():x}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}";
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now - ClockDifference, now + lifetime);
    }

    /// <summary>A serving certificate with its key.</summary>
    /// <param name="authority">Signs it.</param>
    /// <param name="names">DNS names and addresses.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">How long it lasts; no longer than the authority.</param>
    public static X509Certificate2 Serving(X509Certificate2 authority, IReadOnlyList<string> names, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={(names[0].Length <= 64 ? names[0] : "mobula-webhook")}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        var end = now + lifetime;
        DateTimeOffset authorityEnd = authority.NotAfter.ToUniversalTime();
        using var certificate = request.Create(authority, now - ClockDifference, end < authorityEnd ? end : authorityEnd, serial);
        return certificate.CopyWithPrivateKey(key);
    }
}
