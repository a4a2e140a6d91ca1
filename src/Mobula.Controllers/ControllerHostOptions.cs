using Mobula.Client;

namespace Mobula.Controllers;

/// <summary>How the control loops of a cluster run.</summary>
public sealed record ControllerHostOptions
{
    /// <summary>
    /// Gives the API as seen by a component, by its user name: <c>system:kube-scheduler</c>, or
    /// <c>system:serviceaccount:kube-system:CONTROLLER</c>. Null: all act with the credentials of the host's API.
    /// Its field managers are those of upstream: <c>kube-scheduler</c>, else <c>kube-controller-manager</c>.
    /// </summary>
    public Func<string, KubernetesApi>? ApiFor { get; init; }

    /// <summary>The certificate authorities of the API server, as PEM, for <c>kube-root-ca.crt</c>; null leaves those ConfigMaps alone.</summary>
    public string? RootCertificateAuthorityPem { get; init; }

    /// <summary>
    /// Makes the token of a Secret of type <c>kubernetes.io/service-account-token</c>, from the ServiceAccount and the
    /// Secret's name; null leaves such Secrets unfilled.
    /// </summary>
    public Func<System.Text.Json.Nodes.JsonObject, string, Task<string>>? MintServiceAccountToken { get; init; }

    /// <summary>Whether pods are bound to Nodes; false where another scheduler does it, or none.</summary>
    public bool RunScheduler { get; init; } = true;

    /// <summary>Told of failed reconciles and lost connections, in one line each.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>How long a Node may be silent before it is Unknown.</summary>
    public TimeSpan NodeMonitorGracePeriod { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>The pods that have ended that are kept; beyond it the oldest are deleted. 0 keeps all.</summary>
    public int TerminatedPodsAtMost { get; init; } = 12500;
}
