using System.Net;
using Mobula.PodSecurity.Admission;

namespace Mobula.PodSecurity.Webhook;

/// <summary>How the webhook runs.</summary>
public sealed record WebhookOptions
{
    /// <summary>The name under which the webhook writes.</summary>
    public const string FieldManager = "mobula-webhook";

    /// <summary>The address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.IPv6Any;

    /// <summary>The port; 0 for any free one.</summary>
    public int Port { get; init; } = 8443;

    /// <summary>Defaults and exemptions of namespaces, users and runtime classes.</summary>
    public PodSecurityConfiguration PodSecurity { get; init; } = PodSecurityConfiguration.Default;

    /// <summary>The namespace it runs in, where its Secret and the ConfigMaps of exemptions lie; null outside a cluster: no exemptions of workloads.</summary>
    public string? Namespace { get; init; }

    /// <summary>The serving certificate as PEM file; with <see cref="TlsPrivateKeyFile"/>. Both are read again when they change. Null: made by itself.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>The certificate's key as PEM file.</summary>
    public string? TlsPrivateKeyFile { get; init; }

    /// <summary>The Service by which API servers reach it; names in the certificate that it makes.</summary>
    public string ServiceName { get; init; } = "mobula-webhook";

    /// <summary>The Secret that the replicas share their certificate in.</summary>
    public string SecretName { get; init; } = "mobula-webhook-tls";

    /// <summary>The ValidatingWebhookConfiguration whose <c>caBundle</c> it keeps.</summary>
    public string ConfigurationName { get; init; } = "mobula-pod-security";

    /// <summary>How long a head may take to come.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a body may take to come.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it serves on after it was told to stop, so that nobody is sent to it when it is gone.</summary>
    public TimeSpan ShutdownDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long reviews under way may take at the end.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Told of what happens, a line each.</summary>
    public Action<string>? Log { get; init; }
}
