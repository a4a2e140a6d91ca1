using System.Net;
using Mobula.ApiServer.Auditing;
using Mobula.PodSecurity.Admission;

namespace Mobula.ApiServer;

/// <summary>How an API server is set up.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Holds the objects and the keys; made (0700) when absent.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The TCP port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>The Kubernetes version that <c>/version</c> tells, for example <c>v1.37.2</c>.</summary>
    public string KubernetesVersion { get; init; } = "v1.37.2";

    /// <summary>The range of Service addresses (<c>--service-cluster-ip-range</c>), IPv4.</summary>
    public IPNetwork ServiceClusterIpRange { get; init; } = new(IPAddress.Parse("10.96.0.0"), 16);

    /// <summary>The node ports (<c>--service-node-port-range</c>): first and last.</summary>
    public (int First, int Last) ServiceNodePortRange { get; init; } = (30000, 32767);

    /// <summary>The issuer of ServiceAccount tokens (<c>--service-account-issuer</c>).</summary>
    public string ServiceAccountIssuer { get; init; } = "https://kubernetes.default.svc.cluster.local";

    /// <summary>Tokens that stand for users as long as the server runs (<c>--token-auth-file</c>), besides the administrator's.</summary>
    public IReadOnlyDictionary<string, Authentication.UserInfo> StaticTokens { get; init; } = new Dictionary<string, Authentication.UserInfo>();

    /// <summary>The address that the Service <c>kubernetes</c> leads to; the listening address by default.</summary>
    public IPAddress? AdvertiseAddress { get; init; }

    /// <summary>More names and addresses for the server's certificate.</summary>
    public IReadOnlyList<string> CertificateNames { get; init; } = [];

    /// <summary>Largest body of a request, in bytes.</summary>
    public int MaxRequestBodyBytes { get; init; } = 3 << 20;

    /// <summary>Defaults and exemptions of Pod Security admission; none by default: namespaces without labels are privileged.</summary>
    public PodSecurityConfiguration PodSecurity { get; init; } = PodSecurityConfiguration.Default;

    /// <summary>Receives the audit events; none by default.</summary>
    public IAuditSink? AuditSink { get; init; }

    /// <summary>Receives one line for what an operator of the server should know (errors inside requests).</summary>
    public Action<string>? Log { get; init; }
}
