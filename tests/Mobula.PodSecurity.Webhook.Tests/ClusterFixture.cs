using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Mobula.ApiServer;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Webhook.Tests;

/// <summary>An API server in this process, and clients of it.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mobula-webhook-").FullName;
    private ApiServerHost? _host;

    public KubernetesApi Api { get; private set; } = null!;

    public ApiServerHost Host => _host!;

    public async ValueTask InitializeAsync()
    {
        _host = await ApiServerHost.StartAsync(new() { DataDirectory = _folder });
        Api = Connect("admin", "system:masters");
    }

    public KubernetesApi Connect(string user, params IReadOnlyList<string> groups) =>
        new(new HttpClient(_host!.CreateHandler(user, groups)) { BaseAddress = _host.Endpoint, Timeout = Timeout.InfiniteTimeSpan }, "test");

    public async Task<string> NewNamespaceAsync(params (string Key, string Value)[] labels)
    {
        var map = new JsonObject();
        foreach (var (key, value) in labels) map[$"pod-security.kubernetes.io/{key}"] = value;
        var ns = await Api.CreateAsync(Resources.Namespaces, new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["generateName"] = "n-", ["labels"] = map },
        });
        return ns.Name;
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Requests to a webhook under test.</summary>
internal static class Asking
{
    public static WebhookOptions Options => new() { Address = IPAddress.Loopback, Port = 0, ShutdownDelay = TimeSpan.Zero };

    public static HttpClient Client(this WebhookHost host, bool http2 = false)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (host.CertificateAuthorityPem is { } pem)
        {
            var authority = X509Certificate2.CreateFromPem(pem);
            handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { authority } };
        }
        return new(handler)
        {
            BaseAddress = host.Endpoint,
            DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public static async Task ReadyAsync(this WebhookHost host)
    {
        for (var i = 0; i < 500 && host.NotReady is not null; i++) await Task.Delay(20);
        Assert.Null(host.NotReady);
    }

    public static JsonObject Pod(string name, bool privileged = false) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i", ["securityContext"] = new JsonObject { ["privileged"] = privileged } }),
        },
    };

    public static JsonObject Review(string resource, string ns, JsonObject o, string operation = "CREATE", string group = "", JsonObject? old = null, string user = "alice") => new()
    {
        ["apiVersion"] = "admission.k8s.io/v1",
        ["kind"] = "AdmissionReview",
        ["request"] = new JsonObject
        {
            ["uid"] = Guid.NewGuid().ToString(),
            ["kind"] = new JsonObject { ["group"] = group, ["version"] = "v1", ["kind"] = o.Kind },
            ["resource"] = new JsonObject { ["group"] = group, ["version"] = "v1", ["resource"] = resource },
            ["name"] = o.Name,
            ["namespace"] = ns,
            ["operation"] = operation,
            ["userInfo"] = new JsonObject { ["username"] = user },
            ["object"] = o.Clone(),
            ["oldObject"] = old?.Clone(),
            ["dryRun"] = false,
            ["options"] = null,
        },
    };

    public static async Task<JsonObject> AskAsync(this HttpClient client, JsonObject review)
    {
        using var content = new ByteArrayContent(review.ToUtf8());
        content.Headers.ContentType = new("application/json");
        using var answer = await client.PostAsync("/validate?timeout=5s", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        var response = ((JsonObject)JsonNode.Parse(text)!).Object("response")!;
        Assert.Equal(review.Text("request", "uid"), response.Text("uid"));
        return response;
    }
}
