using System.Text.Json.Nodes;
using Mobula.PodSecurity.Webhook.Exemptions;
using static Mobula.PodSecurity.Webhook.Install.WebhookManifests;

namespace Mobula.PodSecurity.Webhook.Install;

/// <summary>
/// The ValidatingWebhookConfiguration: what decides fails closed, what only warns fails open; namespaces that a cluster
/// needs to come up, and its own, are never asked about.
/// </summary>
internal static class WebhookRegistration
{
    private const string NamespaceNameLabel = "kubernetes.io/metadata.name";

    private static readonly string[] NeverReviewed = ["kube-system", "kube-node-lease"];

    public static JsonObject Make(WebhookInstallation installation)
    {
        var configuration = Object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", ConfigurationName, null);
        if (installation.UsesCertManager)
        {
            ((JsonObject)configuration["metadata"]!)["annotations"] = new JsonObject { ["cert-manager.io/inject-ca-from"] = $"{installation.Namespace}/{Name}" };
        }
        string[] skipped = [.. NeverReviewed, installation.Namespace, .. installation.ExcludedNamespaces];
        var webhooks = new JsonArray();
        webhooks.Add((JsonNode)Webhook(
            "pod-security.mobula.dev", installation, installation.FailurePolicy, Names("NotIn", skipped.Distinct()),
            Rule("", "v1", "namespaces", "pods", "pods/ephemeralcontainers")));
        webhooks.Add((JsonNode)Webhook(
            "advisory.pod-security.mobula.dev", installation, "Ignore", Names("NotIn", skipped.Distinct()),
            Rule("", "v1", "podtemplates", "replicationcontrollers"),
            Rule("apps", "v1", "daemonsets", "deployments", "replicasets", "statefulsets"),
            Rule("batch", "v1", "cronjobs", "jobs"),
            Rule("ray.io", "v1", "rayclusters", "raycronjobs", "rayjobs", "rayservices")));
        var exemptions = Webhook("exemptions.pod-security.mobula.dev", installation, "Ignore", Names("In", [installation.Namespace]), Rule("", "v1", "configmaps"));
        exemptions["objectSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [ExemptionReader.Label] = "true" } };
        webhooks.Add((JsonNode)exemptions);
        configuration["webhooks"] = webhooks;
        return configuration;
    }

    private static JsonObject Webhook(string name, WebhookInstallation installation, string failurePolicy, JsonObject namespaces, params ReadOnlySpan<JsonObject> rules)
    {
        var list = new JsonArray();
        foreach (var rule in rules) list.Add((JsonNode)rule);
        return new()
        {
            ["name"] = name,
            ["admissionReviewVersions"] = Texts("v1"),
            ["sideEffects"] = "None",
            ["failurePolicy"] = failurePolicy,
            ["matchPolicy"] = "Equivalent",
            ["timeoutSeconds"] = 5,
            ["clientConfig"] = new JsonObject
            {
                ["service"] = new JsonObject { ["namespace"] = installation.Namespace, ["name"] = Name, ["path"] = "/validate", ["port"] = 443 },
            },
            ["namespaceSelector"] = namespaces,
            ["rules"] = list,
        };
    }

    private static JsonObject Names(string op, IEnumerable<string> names) => new()
    {
        ["matchExpressions"] = new JsonArray(new JsonObject { ["key"] = NamespaceNameLabel, ["operator"] = op, ["values"] = Texts([.. names]) }),
    };

    private static JsonObject Rule(string group, string version, params ReadOnlySpan<string> resources) => new()
    {
        ["apiGroups"] = Texts(group),
        ["apiVersions"] = Texts(version),
        ["operations"] = Texts("CREATE", "UPDATE"),
        ["resources"] = Texts(resources),
    };
}
