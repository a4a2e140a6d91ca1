using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Mobula.Kubernetes;

namespace Mobula.Conversations.Tests;

/// <summary>
/// The webhook that the recordings speak of: PUT <c>/set/NAME</c> says how <c>/hook/NAME</c> answers (<c>response</c>, and
/// <c>patch</c> as a list of operations), GET <c>/last/NAME</c> shows the last review, <c>/count/NAME</c> how many came,
/// <c>/order</c> who was called.
/// </summary>
public sealed class RecordedWebhook : IAsyncDisposable
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();
    private readonly Dictionary<string, JsonObject> _behaviours = [];
    private readonly Dictionary<string, string> _last = [];
    private readonly Dictionary<string, int> _counts = [];
    private readonly List<string> _order = [];
    private readonly WebApplication _web;

    private RecordedWebhook(WebApplication web, string certificateAuthority) => (_web, CertificateAuthority) = (web, certificateAuthority);

    public int Port { get; private set; }

    /// <summary>What goes into <c>caBundle</c>.</summary>
    public string CertificateAuthority { get; }

    public static async Task<RecordedWebhook> StartAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=webhook.example.com", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("webhook.example.com");
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        var web = builder.Build();
        var webhook = new RecordedWebhook(web, Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate.ExportCertificatePem() + "\n")));
        web.Run(webhook.AnswerAsync);
        await web.StartAsync();
        webhook.Port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return webhook;
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var parts = http.Request.Path.Value!.Trim('/').Split('/');
        var answer = parts switch
        {
            ["set", "order"] => Reset(),
            ["set", var name] => Set(name, KubernetesJson.ParseObject(body.ToArray())),
            ["last", var name] => Locked(() => _last.GetValueOrDefault(name, "null\n")),
            ["count", var name] => Locked(() => _counts.GetValueOrDefault(name).ToString()),
            ["order"] => Locked(() => string.Join(' ', _order) + "\n"),
            ["hook", var name] => Review(name, http.Request, KubernetesJson.ParseObject(body.ToArray())),
            _ => "",
        };
        if (parts[0] == "hook") http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer);
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_gate) return read();
    }

    private string Reset() => Locked(() =>
    {
        _order.Clear();
        return "set\n";
    });

    private string Set(string name, JsonObject behaviour) => Locked(() =>
    {
        _behaviours[name] = behaviour;
        _counts[name] = 0;
        return "set\n";
    });

    private string Review(string name, HttpRequest http, JsonObject review)
    {
        var shown = review.Clone();
        foreach (var field in new[] { "object", "oldObject" }) shown.Object("request", field, "metadata")?.Remove("managedFields");
        var last = new JsonObject
        {
            ["accept"] = http.Headers.Accept.ToString(),
            ["contentType"] = http.ContentType,
            ["query"] = new JsonArray([.. http.Query.Keys.Select(k => JsonValue.Create(k))]),
            ["review"] = shown,
            ["userAgent"] = http.Headers.UserAgent.ToString(),
        };
        lock (_gate)
        {
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
            _order.Add(name);
            _last[name] = Python(last) + "\n";
            var behaviour = _behaviours.GetValueOrDefault(name) ?? [];
            var response = behaviour.Object("response")?.Clone() ?? new JsonObject { ["allowed"] = true };
            response["uid"] = review.Text("request", "uid");
            if (behaviour.List("patch") is { } patch)
            {
                response["patchType"] = "JSONPatch";
                response["patch"] = Convert.ToBase64String(KubernetesJson.Serialize(patch));
            }
            return Encoding.UTF8.GetString(new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["response"] = response }.ToUtf8());
        }
    }

    /// <summary>Indented, with sorted keys.</summary>
    private static string Python(JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented)) Sorted(node)!.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
