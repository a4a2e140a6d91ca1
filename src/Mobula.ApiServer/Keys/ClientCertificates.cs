using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Mobula.ApiServer.Authentication;

namespace Mobula.ApiServer.Keys;

/// <summary>Reads the user of a client certificate that the cluster's authority signed.</summary>
internal sealed class ClientCertificates(X509Certificate2 authority, TimeProvider time)
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";

    // A connection keeps its certificate object: the chain is checked once for all its requests.
    private readonly ConditionalWeakTable<X509Certificate2, UserInfo> _known = [];

    /// <summary>The user; null when the certificate is not the authority's, or not valid now.</summary>
    public UserInfo? Authenticate(X509Certificate2 certificate)
    {
        var now = time.GetUtcNow();
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime()) return null;
        if (_known.TryGetValue(certificate, out var user)) return user;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        if (!chain.Build(certificate)) return null;
        user = Read(certificate);
        _known.TryAdd(certificate, user);
        return user;
    }

    private static UserInfo Read(X509Certificate2 certificate)
    {
        var name = "";
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements) continue;
            var value = part.GetSingleElementValue() ?? "";
            if (part.GetSingleElementType().Value == CommonName) name = value;
            else if (part.GetSingleElementType().Value == Organization) groups.Add(value);
        }
        var id = System.Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(certificate.RawData));
        return new UserInfo(name, "", groups, new Dictionary<string, IReadOnlyList<string>>
        {
            ["authentication.kubernetes.io/credential-id"] = [$"X509SHA256={id}"],
        });
    }
}
