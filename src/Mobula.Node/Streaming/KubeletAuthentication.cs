using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mobula.Node.Streaming;

/// <summary>Lets in whoever has a certificate of the cluster's authority or the token, and nobody else.</summary>
internal sealed class KubeletAuthentication(KubeletServerOptions options)
{
    public bool IsKnown(HttpContext context) => HasToken(context.Request) || (context.Connection.ClientCertificate is { } certificate && IsTrusted(certificate));

    private bool HasToken(HttpRequest request)
    {
        if (options.BearerToken is not { } token || (string?)request.Headers.Authorization is not { } given) return false;
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes("Bearer " + token));
    }

    private bool IsTrusted(X509Certificate2 certificate)
    {
        if (options.ClientAuthority is not { } authority) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate) &&
            (options.ClientNames.Count == 0 || options.ClientNames.Contains(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)));
    }
}
