using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mobula.ApiServer.Keys;

/// <summary>The cluster's certificate authority and keys, kept as PEM files (0600) in the data directory.</summary>
internal sealed class ClusterKeys
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    private readonly Task<RSA> _tokenKey;
    private readonly TimeProvider _time;

    private ClusterKeys(X509Certificate2 authority, Task<RSA> tokenKey, TimeProvider time)
    {
        Authority = authority;
        _tokenKey = tokenKey;
        _time = time;
    }

    /// <summary>The certificate authority, with its key.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The authority's certificate alone.</summary>
    public string AuthorityPem => Authority.ExportCertificatePem();

    /// <summary>Signs ServiceAccount tokens. Made in the background at the first start: an RSA key takes a while.</summary>
    public Task<RSA> TokenKeyAsync() => _tokenKey;

    public static ClusterKeys Open(string directory, TimeProvider time)
    {
        Storage.PrivateFiles.CreateDirectory(directory);
        var certificateFile = Path.Combine(directory, "ca.crt");
        var keyFile = Path.Combine(directory, "ca.key");
        X509Certificate2 authority;
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            authority = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        }
        else
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=kubernetes", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyCertSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            var now = time.GetUtcNow();
            authority = request.CreateSelfSigned(now.AddHours(-1), now + Lifetime);
            Storage.PrivateFiles.Write(keyFile, key.ExportPkcs8PrivateKeyPem());
            Storage.PrivateFiles.Write(certificateFile, authority.ExportCertificatePem());
        }
        var tokenFile = Path.Combine(directory, "sa.key");
        return new(authority, Task.Run(() => OpenTokenKey(tokenFile)), time);
    }

    /// <summary>A certificate for the server, valid for the loopback names, the Service and more.</summary>
    public X509Certificate2 IssueServerCertificate(IEnumerable<string> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names.Distinct())
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }
        request.CertificateExtensions.Add(alternatives.Build());
        return Issue(request, key, "1.3.6.1.5.5.7.3.1");
    }

    /// <summary>A client certificate: the common name is the user, the organizations are the groups.</summary>
    public (string CertificatePem, string KeyPem) IssueClientCertificate(string user, IEnumerable<string> groups)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        foreach (var group in groups) subject.AddOrganizationName(group);
        subject.AddCommonName(user);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        using var certificate = Issue(request, key, "1.3.6.1.5.5.7.3.2");
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private X509Certificate2 Issue(CertificateRequest request, ECDsa key, string purpose)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Authority, true, false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        var now = _time.GetUtcNow();
        var end = Authority.NotAfter.ToUniversalTime();
        using var certificate = request.Create(Authority, now.AddHours(-1), now + Lifetime < end ? now + Lifetime : end, serial);
        return certificate.CopyWithPrivateKey(key);
    }

    private static RSA OpenTokenKey(string file)
    {
        if (File.Exists(file))
        {
            var key = RSA.Create();
            key.ImportFromPem(File.ReadAllText(file));
            return key;
        }
        var made = RSA.Create(2048);
        Storage.PrivateFiles.Write(file, made.ExportPkcs8PrivateKeyPem());
        return made;
    }
}
