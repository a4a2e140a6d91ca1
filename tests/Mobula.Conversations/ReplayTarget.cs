using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Conversations;

/// <summary>The server that conversations are replayed against.</summary>
/// <param name="Http">Carries requests with credentials; redirects are not followed.</param>
/// <param name="Anonymous">Speaks without credentials.</param>
/// <param name="Url">The server's address, without a trailing slash.</param>
/// <param name="Kubeconfig">For commands.</param>
/// <param name="AuditLog">The file of the server's audit log; null when audit events are not compared.</param>
public sealed record ReplayTarget(HttpClient Http, HttpClient Anonymous, string Url, string Kubeconfig, string? AuditLog)
{
    /// <summary>The administrator's token, sent where a step brings no authorization of its own; null where the connection itself is the administrator's.</summary>
    public string? Token { get; init; }

    /// <summary>The audit events of a request, once its last stage is there; empty after three seconds.</summary>
    internal async Task<JsonArray> AuditEventsAsync(string auditId)
    {
        var found = new JsonArray();
        for (var attempt = 0; attempt < 30; attempt++)
        {
            using var stream = new FileStream(AuditLog!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            found = [];
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Contains(auditId, StringComparison.Ordinal)) found.Add(JsonNode.Parse(line));
            }
            if (found.OfType<JsonObject>().Any(e => e.Text("stage") is "ResponseComplete" or "Panic")) return found;
            await Task.Delay(100);
        }
        return found;
    }

    internal async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonObject? headers, byte[]? body, bool anonymous, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, Url + path);
        if (body is not null) request.Content = new ByteArrayContent(body);
        if (body is not null && headers?["Content-Type"] is null) request.Content!.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        foreach (var (name, value) in headers ?? [])
        {
            var text = value!.GetValue<string>();
            if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)) (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, text);
            else request.Headers.TryAddWithoutValidation(name, text);
        }
        if (Token is not null && !anonymous && !request.Headers.Contains("Authorization")) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Token}");
        if (!request.Headers.Contains("Accept")) request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (!request.Headers.Contains("User-Agent")) request.Headers.TryAddWithoutValidation("User-Agent", "conversation/1.0");
        return await (anonymous ? Anonymous : Http).SendAsync(request, completion, cancellation);
    }
}
