using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Admission;

/// <summary>A webhook that answers what a test tells it, and keeps the reviews it got.</summary>
internal sealed class TestWebhook : IAsyncDisposable
{
    private readonly WebApplication _web;

    private TestWebhook(WebApplication web, string bundle) => (_web, Bundle) = (web, bundle);

    /// <summary>The response to a review (without its uid), or the whole answer as text with a status.</summary>
    public Func<JsonObject, Task<(int Status, string Text)>> Answer { get; set; } = review => Task.FromResult(Respond(review, new JsonObject { ["allowed"] = true }));

    public List<JsonObject> Reviews { get; } = [];

    public string Bundle { get; }

    public int Port { get; private set; }

    public static async Task<TestWebhook> StartAsync(params IReadOnlyList<string> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var alternatives = new SubjectAlternativeNameBuilder();
        alternatives.AddIpAddress(IPAddress.Loopback);
        foreach (var name in names) alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Any, 0, l => l.UseHttps(certificate)));
        var web = builder.Build();
        var webhook = new TestWebhook(web, Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate.ExportCertificatePem())));
        web.Run(webhook.AnswerAsync);
        await web.StartAsync();
        webhook.Port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port;
        return webhook;
    }

    /// <summary>An AdmissionReview with a response.</summary>
    public static (int Status, string Text) Respond(JsonObject review, JsonObject response)
    {
        response["uid"] ??= review.Text("request", "uid");
        return (200, Encoding.UTF8.GetString(new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["response"] = response }.ToUtf8()));
    }

    /// <summary>Registers it for ConfigMaps of a namespace, unless told otherwise.</summary>
    public JsonObject Registration(string name, string ns, string kind = "ValidatingWebhookConfiguration") => (JsonObject)JsonNode.Parse($$"""
        {"apiVersion":"admissionregistration.k8s.io/v1","kind":"{{kind}}","metadata":{"name":"{{name}}"},
         "webhooks":[{"name":"{{name}}.example.com","admissionReviewVersions":["v1"],"sideEffects":"None","clientConfig":{"url":"https://127.0.0.1:{{Port}}/x","caBundle":"{{Bundle}}"},
          "namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"{{ns}}"} },
          "rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}]}]}
        """)!;

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var review = KubernetesJson.ParseObject(body.ToArray());
        lock (Reviews) Reviews.Add(review);
        var (status, text) = await Answer(review);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(text);
    }
}
