using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Webhook.Certificates;

/// <summary>
/// The certificates as the replicas share them in a Secret: <c>tls.crt</c>, <c>tls.key</c> (serving), <c>signer.crt</c>,
/// <c>signer.key</c> (the authority that signs), <c>next.crt</c>, <c>next.key</c> (the one that will), <c>ca.crt</c> (all
/// that are to be trusted: what goes into <c>caBundle</c>).
/// </summary>
internal sealed record CertificateSet
{
    public X509Certificate2? Serving { get; init; }

    public X509Certificate2? Authority { get; init; }

    public X509Certificate2? NextAuthority { get; init; }

    /// <summary>The authority before, trusted as long as it lasts and something might still be signed by it.</summary>
    public X509Certificate2? FormerAuthority { get; init; }

    /// <summary>The PEM text of all authorities to trust.</summary>
    public string Bundle => string.Concat(new[] { Authority, NextAuthority, FormerAuthority }.OfType<X509Certificate2>().Select(c => c.ExportCertificatePem() + "\n"));

    /// <summary>What a plan is made of.</summary>
    /// <param name="names">The names for which the serving certificate must be.</param>
    public CertificateFacts Facts(IReadOnlyList<string> names) => new()
    {
        AuthorityEnd = Authority?.NotAfter.ToUniversalTime(),
        // It begins an hour before it is made, for clocks that differ.
        NextAuthorityMade = NextAuthority is { } next ? (DateTimeOffset)next.NotBefore.ToUniversalTime() + TimeSpan.FromHours(1) : null,
        ServingStart = Serving?.NotBefore.ToUniversalTime() ?? default,
        ServingEnd = Serving?.NotAfter.ToUniversalTime(),
        ServingFits = Serving is { } serving && Authority is { } authority && serving.Issuer == authority.Subject && IsSignedBy(serving, authority) && names.All(n => serving.MatchesHostname(n)),
    };

    /// <summary>What a step makes of the set.</summary>
    public CertificateSet After(CertificateStep step, IReadOnlyList<string> names, DateTimeOffset now)
    {
        switch (step)
        {
            case CertificateStep.IssueAll:
                var authority = CertificateIssuer.Authority(now, CertificatePlan.AuthorityLifetime);
                return new() { Authority = authority, Serving = CertificateIssuer.Serving(authority, names, now, CertificatePlan.ServingLifetime) };
            case CertificateStep.IssueServing:
                // The former authority goes with the certificates that it signed.
                return this with { Serving = CertificateIssuer.Serving(Authority!, names, now, CertificatePlan.ServingLifetime), FormerAuthority = null };
            case CertificateStep.PrepareAuthority:
                return this with { NextAuthority = CertificateIssuer.Authority(now, CertificatePlan.AuthorityLifetime) };
            case CertificateStep.ChangeAuthority:
                return this with
                {
                    Authority = NextAuthority,
                    FormerAuthority = Authority,
                    NextAuthority = null,
                    Serving = CertificateIssuer.Serving(NextAuthority!, names, now, CertificatePlan.ServingLifetime),
                };
            default:
                return this;
        }
    }

    /// <summary>Reads the Secret; what cannot be used in it counts as absent.</summary>
    public static CertificateSet Read(JsonObject secret)
    {
        var authority = Pair(secret, "signer");
        var next = Pair(secret, "next");
        X509Certificate2? former = null;
        foreach (var trusted in Certificates(Text(secret, "ca.crt")))
        {
            if (trusted.Thumbprint != authority?.Thumbprint && trusted.Thumbprint != next?.Thumbprint) former = trusted;
        }
        return new() { Serving = Pair(secret, "tls"), Authority = authority, NextAuthority = next, FormerAuthority = former };
    }

    /// <summary>Writes the set into a Secret's data; what else is in it stays.</summary>
    public void WriteTo(JsonObject secret)
    {
        var data = secret.Ensure("data");
        Write(data, "tls", Serving);
        Write(data, "signer", Authority);
        Write(data, "next", NextAuthority);
        data["ca.crt"] = Base64(Bundle);
    }

    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Whether it is still valid is the plan's question.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    private static X509Certificate2? Pair(JsonObject secret, string name)
    {
        var (certificate, key) = (Text(secret, $"{name}.crt"), Text(secret, $"{name}.key"));
        if (certificate.Length == 0 || key.Length == 0) return null;
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static X509Certificate2Collection Certificates(string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }
        return certificates;
    }

    private static string Text(JsonObject secret, string key)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", key) ?? ""));
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private static void Write(JsonObject data, string name, X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            data.Remove($"{name}.crt");
            data.Remove($"{name}.key");
            return;
        }
        using var key = certificate.GetECDsaPrivateKey()!;
        data[$"{name}.crt"] = Base64(certificate.ExportCertificatePem() + "\n");
        data[$"{name}.key"] = Base64(key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
