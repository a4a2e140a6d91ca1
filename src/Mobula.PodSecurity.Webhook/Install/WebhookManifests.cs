using System.Text.Json.Nodes;

namespace Mobula.PodSecurity.Webhook.Install;

/// <summary>The objects that make up an installation of the webhook. <c>deploy/webhook</c> holds the same as files.</summary>
public static class WebhookManifests
{
    /// <summary>The name of all that is made, but for the Secret and the configuration.</summary>
    public const string Name = "mobula-webhook";

    /// <summary>The name of the ValidatingWebhookConfiguration.</summary>
    public const string ConfigurationName = "mobula-pod-security";

    internal const string SecretName = "mobula-webhook-tls";

    private const string ConfigurationKey = "podsecurityconfiguration.yaml";
    private const int Port = 8443;

    /// <summary>What runs: all but the registration.</summary>
    public static IReadOnlyList<JsonObject> Running(WebhookInstallation installation)
    {
        ArgumentNullException.ThrowIfNull(installation);
        return
        [
            Object("v1", "ServiceAccount", Name, installation.Namespace),
            .. WebhookAccess.Make(installation),
            Configuration(installation),
            .. Certificates(installation),
            Service(installation.Namespace),
            Budget(installation.Namespace),
            Deployment(installation),
        ];
    }

    /// <summary>The registration. Apply it last: from then on API servers call the webhook.</summary>
    public static JsonObject Registration(WebhookInstallation installation) => WebhookRegistration.Make(installation);

    internal static JsonObject Object(string apiVersion, string kind, string name, string? ns)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null) metadata["namespace"] = ns;
        metadata["labels"] = Labels();
        return new() { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }

    internal static JsonArray Texts(params ReadOnlySpan<string> texts)
    {
        var list = new JsonArray();
        foreach (var text in texts) list.Add((JsonNode?)JsonValue.Create(text));
        return list;
    }

    private static JsonObject Labels() => new()
    {
        ["app.kubernetes.io/name"] = Name,
        ["app.kubernetes.io/component"] = "webhook",
        ["app.kubernetes.io/part-of"] = "mobula",
    };

    private static JsonObject Selector() => new() { ["app.kubernetes.io/name"] = Name };

    private static JsonObject Configuration(WebhookInstallation installation)
    {
        var configMap = Object("v1", "ConfigMap", Name, installation.Namespace);
        configMap["data"] = new JsonObject { [ConfigurationKey] = installation.Configuration };
        return configMap;
    }

    /// <summary>By itself: an empty Secret, so that the webhook needs no right to create one. Else what cert-manager is asked for.</summary>
    private static IEnumerable<JsonObject> Certificates(WebhookInstallation installation)
    {
        var ns = installation.Namespace;
        if (!installation.UsesCertManager) return [Object("v1", "Secret", SecretName, ns)];
        var issuer = Object("cert-manager.io/v1", "Issuer", Name, ns);
        issuer["spec"] = new JsonObject { ["selfSigned"] = new JsonObject() };
        var certificate = Object("cert-manager.io/v1", "Certificate", Name, ns);
        certificate["spec"] = new JsonObject
        {
            ["secretName"] = SecretName,
            ["issuerRef"] = new JsonObject { ["kind"] = "Issuer", ["name"] = Name },
            ["dnsNames"] = Texts($"{Name}.{ns}.svc", $"{Name}.{ns}.svc.cluster.local"),
            ["privateKey"] = new JsonObject { ["algorithm"] = "ECDSA", ["size"] = 256, ["rotationPolicy"] = "Always" },
            ["usages"] = Texts("server auth", "digital signature"),
        };
        return [issuer, certificate];
    }

    private static JsonObject Service(string ns)
    {
        var service = Object("v1", "Service", Name, ns);
        service["spec"] = new JsonObject
        {
            ["selector"] = Selector(),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = 443, ["targetPort"] = "https", ["protocol"] = "TCP" }),
        };
        return service;
    }

    private static JsonObject Budget(string ns)
    {
        var budget = Object("policy/v1", "PodDisruptionBudget", Name, ns);
        budget["spec"] = new JsonObject { ["minAvailable"] = 1, ["selector"] = new JsonObject { ["matchLabels"] = Selector() } };
        return budget;
    }

    private static JsonObject Deployment(WebhookInstallation installation)
    {
        var deployment = Object("apps/v1", "Deployment", Name, installation.Namespace);
        deployment["spec"] = new JsonObject
        {
            ["replicas"] = installation.Replicas,
            ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
            ["strategy"] = new JsonObject { ["type"] = "RollingUpdate", ["rollingUpdate"] = new JsonObject { ["maxUnavailable"] = 0, ["maxSurge"] = 1 } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = Labels() },
                ["spec"] = PodSpec(installation),
            },
        };
        return deployment;
    }

    private static JsonObject PodSpec(WebhookInstallation installation)
    {
        var volumes = new JsonArray(new JsonObject { ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = Name } });
        if (installation.UsesCertManager) volumes.Add((JsonNode)new JsonObject { ["name"] = "tls", ["secret"] = new JsonObject { ["secretName"] = SecretName } });
        return new()
        {
            ["serviceAccountName"] = Name,
            ["priorityClassName"] = "system-cluster-critical",
            // Longer than the delay and the drain together.
            ["terminationGracePeriodSeconds"] = 30,
            ["securityContext"] = new JsonObject { ["runAsNonRoot"] = true, ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" } },
            ["affinity"] = new JsonObject
            {
                ["podAntiAffinity"] = new JsonObject
                {
                    ["preferredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(new JsonObject
                    {
                        ["weight"] = 100,
                        ["podAffinityTerm"] = new JsonObject { ["topologyKey"] = "kubernetes.io/hostname", ["labelSelector"] = new JsonObject { ["matchLabels"] = Selector() } },
                    }),
                },
            },
            ["containers"] = new JsonArray(Container(installation)),
            ["volumes"] = volumes,
        };
    }

    private static JsonObject Container(WebhookInstallation installation)
    {
        var arguments = Texts("webhook", $"--config=/etc/mobula/{ConfigurationKey}", $"--secure-port={Port}");
        var mounts = new JsonArray(new JsonObject { ["name"] = "config", ["mountPath"] = "/etc/mobula", ["readOnly"] = true });
        if (installation.UsesCertManager)
        {
            foreach (var flag in new[] { "--tls-cert-file=/etc/mobula-tls/tls.crt", "--tls-private-key-file=/etc/mobula-tls/tls.key" }) arguments.Add((JsonNode?)JsonValue.Create(flag));
            mounts.Add((JsonNode)new JsonObject { ["name"] = "tls", ["mountPath"] = "/etc/mobula-tls", ["readOnly"] = true });
        }
        return new()
        {
            ["name"] = Name,
            ["image"] = installation.Image,
            ["imagePullPolicy"] = "IfNotPresent",
            ["args"] = arguments,
            ["env"] = new JsonArray(new JsonObject
            {
                ["name"] = "POD_NAMESPACE",
                ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "metadata.namespace" } },
            }),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["containerPort"] = Port, ["protocol"] = "TCP" }),
            ["livenessProbe"] = Probe("/healthz", period: 10, failures: 5),
            ["readinessProbe"] = Probe("/readyz", period: 2, failures: 1),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "50m", ["memory"] = "64Mi" },
                ["limits"] = new JsonObject { ["cpu"] = "1", ["memory"] = "256Mi" },
            },
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["capabilities"] = new JsonObject { ["drop"] = Texts("ALL") },
                ["readOnlyRootFilesystem"] = true,
            },
            ["volumeMounts"] = mounts,
        };
    }

    private static JsonObject Probe(string path, int period, int failures) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = "https", ["scheme"] = "HTTPS" },
        ["periodSeconds"] = period,
        ["failureThreshold"] = failures,
    };
}
