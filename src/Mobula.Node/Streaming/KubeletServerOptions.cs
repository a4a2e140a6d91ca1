using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Mobula.Node.Streaming;

/// <summary>How the kubelet endpoint listens and whom it lets in.</summary>
public sealed record KubeletServerOptions
{
    /// <summary>Where it listens.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The port; 0 for one that is free.</summary>
    public int Port { get; init; }

    /// <summary>The server's certificate with its key.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Client certificates must come from this authority; null where none is accepted.</summary>
    public X509Certificate2? ClientAuthority { get; init; }

    /// <summary>Common names of the clients that are let in, for example <c>kube-apiserver-kubelet-client</c>; empty for every certificate of the authority.</summary>
    public IReadOnlySet<string> ClientNames { get; init; } = new HashSet<string>();

    /// <summary>A token that is as good as a certificate; null where none is accepted.</summary>
    public string? BearerToken { get; init; }
}
