using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Tests.Live;

/// <summary>
/// Stands in for the dashboards of all clusters, as the one of the recordings did: it answers what key <c>dashboard</c> of
/// the ConfigMap <c>fake-node</c> says, and writes each different request into the ConfigMap <c>dashboard-requests</c>.
/// </summary>
internal sealed class FakeDashboard(KubernetesApi api) : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, byte> _submitted = new();
    private readonly ConcurrentDictionary<string, List<string>> _requests = new();
    private readonly SemaphoreSlim _writing = new(1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.PathAndQuery;
        var ns = path == "/-/healthz" ? await NamespaceOfAsync(request.RequestUri.Host, cancellationToken) : request.RequestUri.Host.Split('.')[1];
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        await RecordAsync(ns, request, path, body, cancellationToken);
        var map = await api.FindAsync(Resources.ConfigMaps, ns, "fake-node", cancellationToken);
        var says = map?.Text("data", "dashboard") is { } text ? KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(text)) : [];
        foreach (var (what, answer) in says.Object("fail") ?? [])
        {
            if ($"{request.Method} {path}".StartsWith(what, StringComparison.Ordinal)) return Answer((HttpStatusCode)answer![0]!.GetValue<int>(), answer[1]!.GetValue<string>());
        }
        if (path == "/-/healthz") return Answer(HttpStatusCode.OK, "success");
        if (path.StartsWith("/api/serve/", StringComparison.Ordinal)) return Answer(HttpStatusCode.OK, request.Method == HttpMethod.Get ? (says.Object("serve") ?? []).ToJsonString() : "");
        if (path == "/api/jobs/" && request.Method == HttpMethod.Post)
        {
            var id = JsonNode.Parse(body!)!["submission_id"]!.GetValue<string>();
            _submitted[id] = 0;
            return Answer(HttpStatusCode.OK, new JsonObject { ["job_id"] = id, ["submission_id"] = id }.ToJsonString());
        }
        if (path.EndsWith("/stop", StringComparison.Ordinal)) return Answer(HttpStatusCode.OK, "{\"stopped\": true}");
        if (says.Object("job") is not { } job || (job.Flag("submitted") == true && !_submitted.ContainsKey(path[(path.LastIndexOf('/') + 1)..])))
        {
            return Answer(HttpStatusCode.NotFound, "404: Not Found");
        }
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        foreach (var field in (string[])["start_time", "end_time"])
        {
            if (job.Text(field) == "now") job[field] = now;
        }
        job["submission_id"] = path[(path.LastIndexOf('/') + 1)..];
        return Answer(HttpStatusCode.OK, job.ToJsonString());
    }

    private async Task<string> NamespaceOfAsync(string address, CancellationToken cancellation)
    {
        var pods = await api.ListAsync(Resources.Pods, fieldSelector: $"status.podIP={address}", cancellation: cancellation);
        return pods.Objects("items").FirstOrDefault()?.Namespace ?? throw new HttpRequestException($"no pod has the address {address}");
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, string body) => new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private async Task RecordAsync(string ns, HttpRequestMessage request, string path, string? body, CancellationToken cancellation)
    {
        // KubeRay's client names itself so; what ours is called is nobody's business but the log's.
        var entry = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal) { ["User-Agent"] = "Go-http-client/1.1", ["port"] = path == "/-/healthz" ? "serve" : "dashboard", ["request"] = $"{request.Method} {path}" };
        if (request.Content?.Headers.ContentType is { } type) entry["Content-Type"] = type.ToString();
        if (request.Headers.TryGetValues("x-ray-authorization", out var tokens)) entry["X-Ray-Authorization"] = tokens.First();
        if (!string.IsNullOrEmpty(body)) entry["body"] = JsonNode.Parse(body);
        var line = Python(new JsonObject(entry));
        await _writing.WaitAsync(cancellation);
        try
        {
            var lines = _requests.GetOrAdd(ns, _ => []);
            if (lines.Contains(line)) return;
            lines.Add(line);
            var data = new JsonObject { ["log"] = string.Concat(lines.Select(l => l + "\n")) };
            var map = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "dashboard-requests", ["namespace"] = ns }, ["data"] = data };
            if (lines.Count == 1) await api.CreateAsync(Resources.ConfigMaps, map, cancellation);
            else await api.PatchAsync(Resources.ConfigMaps, ns, "dashboard-requests", PatchType.Merge, new JsonObject { ["data"] = data.Clone() }, cancellation: cancellation);
        }
        catch (StatusException)
        {
            // The namespace is on its way out.
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>JSON as Python writes it: keys sorted, a blank after colons and commas.</summary>
    private static string Python(JsonNode? node) => node switch
    {
        JsonObject o => $"{{{string.Join(", ", o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{JsonValue.Create(m.Key)!.ToJsonString()}: {Python(m.Value)}"))}}}",
        JsonArray a => $"[{string.Join(", ", a.Select(Python))}]",
        _ => node?.ToJsonString() ?? "null",
    };
}
