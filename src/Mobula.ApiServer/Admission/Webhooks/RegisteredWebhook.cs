using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>A webhook of a configuration, read once.</summary>
internal sealed record RegisteredWebhook
{
    public required string Configuration { get; init; }

    public required string Name { get; init; }

    /// <summary>Its place among all webhooks of its kind; names it in audit annotations.</summary>
    public required int Index { get; init; }

    /// <summary>The address of the requests, without the timeout; of a Service <c>https://NAME.NAMESPACE.svc:PORT/PATH</c>.</summary>
    public required string Url { get; init; }

    /// <summary>The Service behind the address; null for a URL.</summary>
    public WebhookService? Service { get; init; }

    /// <summary>The authorities to trust; empty for those of the system.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    public required IReadOnlyList<WebhookRule> Rules { get; init; }

    public required LabelSelector NamespaceSelector { get; init; }

    public required LabelSelector ObjectSelector { get; init; }

    public required bool FailsClosed { get; init; }

    public required bool MatchesEquivalent { get; init; }

    public required bool IsReinvocable { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>The conditions in CEL.</summary>
    public required IReadOnlyList<MatchCondition> MatchConditions { get; init; }

    public static RegisteredWebhook Read(JsonObject configuration, JsonObject hook, int index)
    {
        var service = WebhookService.Read(hook.Object("clientConfig", "service"));
        return new()
        {
            Configuration = configuration.Name,
            Name = hook.Text("name") ?? "",
            Index = index,
            Service = service,
            Url = service?.Url ?? hook.Text("clientConfig", "url") ?? "",
            Authorities = ReadAuthorities(hook.Text("clientConfig", "caBundle")),
            Rules = [.. hook.Objects("rules").Select(WebhookRule.Read)],
            NamespaceSelector = LabelSelector.From(hook.Object("namespaceSelector") ?? []),
            ObjectSelector = LabelSelector.From(hook.Object("objectSelector") ?? []),
            FailsClosed = hook.Text("failurePolicy") != "Ignore",
            MatchesEquivalent = hook.Text("matchPolicy") != "Exact",
            IsReinvocable = hook.Text("reinvocationPolicy") == "IfNeeded",
            Timeout = TimeSpan.FromSeconds(hook.Integer("timeoutSeconds") ?? 10),
            MatchConditions = MatchCondition.ReadAll(hook),
        };
    }

    private static X509Certificate2Collection ReadAuthorities(string? bundle)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            if (!string.IsNullOrEmpty(bundle)) authorities.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(bundle)));
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            // Nothing in it can be trusted: the call says that the authority is unknown.
        }
        return authorities;
    }
}

/// <summary>The Service behind a webhook.</summary>
internal sealed record WebhookService(string Namespace, string Name, int Port, string Path)
{
    public string Host => $"{Name}.{Namespace}.svc";

    public string Url => $"https://{Host}:{Port}{Path}";

    public static WebhookService? Read(JsonObject? service)
    {
        if (service is null) return null;
        var path = service.Text("path") ?? "";
        return new(service.Text("namespace") ?? "", service.Text("name") ?? "", (int)(service.Integer("port") ?? 443), path.StartsWith('/') ? path : $"/{path}");
    }
}

/// <summary>Which requests a webhook wants.</summary>
internal sealed record WebhookRule(IReadOnlyList<string> Operations, IReadOnlyList<string> Groups, IReadOnlyList<string> Versions, IReadOnlyList<string> Resources, string Scope)
{
    public static WebhookRule Read(JsonObject rule) => new(
        [.. rule.Texts("operations")], [.. rule.Texts("apiGroups")], [.. rule.Texts("apiVersions")], [.. rule.Texts("resources")], rule.Text("scope") ?? "*");

    public bool Matches(string operation, GroupVersionResource resource, string subresource, bool isNamespaced) =>
        Contains(Operations, operation) && Contains(Groups, resource.Group) && Contains(Versions, resource.Version)
        && Scope switch { "Namespaced" => isNamespaced, "Cluster" => !isNamespaced, _ => true }
        && Resources.Any(r => MatchesResource(r, resource.Resource, subresource));

    private static bool Contains(IReadOnlyList<string> list, string value) => list.Contains(value) || list.Contains("*");

    private static bool MatchesResource(string pattern, string resource, string subresource)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        var (main, sub) = slash < 0 ? (pattern, "") : (pattern[..slash], pattern[(slash + 1)..]);
        return (main == "*" || main == resource) && (sub == "*" || sub == subresource);
    }
}
