namespace Mobula.PodSecurity.Webhook.Install;

/// <summary>How the webhook is to be installed.</summary>
/// <param name="Namespace">Where it runs; it never reviews this namespace.</param>
public sealed record WebhookInstallation(string Namespace)
{
    /// <summary>The image: the operator's, which holds the whole program.</summary>
    public string Image { get; init; } = "localhost/mobula/operator:0.1.0";

    /// <summary>How many instances.</summary>
    public int Replicas { get; init; } = 2;

    /// <summary>What becomes of pods and namespaces when no instance answers: <c>Fail</c> or <c>Ignore</c>.</summary>
    public string FailurePolicy { get; init; } = "Fail";

    /// <summary>Namespaces that are not reviewed, besides <c>kube-system</c>, <c>kube-node-lease</c> and its own.</summary>
    public IReadOnlyList<string> ExcludedNamespaces { get; init; } = [];

    /// <summary>Whether cert-manager makes the certificate and sets the <c>caBundle</c>, instead of the webhook itself.</summary>
    public bool UsesCertManager { get; init; }

    /// <summary>The PodSecurityConfiguration, as YAML text.</summary>
    public string Configuration { get; init; } = """
        apiVersion: pod-security.admission.config.k8s.io/v1
        kind: PodSecurityConfiguration
        defaults:
          enforce: privileged
          enforce-version: latest
          audit: privileged
          audit-version: latest
          warn: privileged
          warn-version: latest
        exemptions:
          usernames: []
          runtimeClasses: []
          namespaces: []

        """;
}
