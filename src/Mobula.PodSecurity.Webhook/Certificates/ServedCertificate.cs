using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Mobula.PodSecurity.Webhook.Metrics;

namespace Mobula.PodSecurity.Webhook.Certificates;

/// <summary>The certificate for new connections; replaced while the server runs.</summary>
internal sealed class ServedCertificate(WebhookMetrics metrics)
{
    private SslStreamCertificateContext? _context;

    /// <summary>Null until there is one.</summary>
    public SslStreamCertificateContext? Context => Volatile.Read(ref _context);

    /// <summary>Whether API servers can check it: it is not the stopgap of the first moments.</summary>
    public bool IsReal { get; private set; }

    /// <param name="certificate">With its key.</param>
    /// <param name="more">Intermediate certificates to send along.</param>
    /// <param name="isReal">False for one that only lets probes in.</param>
    public void Use(X509Certificate2 certificate, X509Certificate2Collection? more = null, bool isReal = true)
    {
        if (_context?.TargetCertificate.Thumbprint == certificate.Thumbprint) return;
        Volatile.Write(ref _context, SslStreamCertificateContext.Create(certificate, more, offline: true));
        IsReal = isReal;
        if (isReal) metrics.CertificateEnd = certificate.NotAfter.ToUniversalTime();
    }
}
