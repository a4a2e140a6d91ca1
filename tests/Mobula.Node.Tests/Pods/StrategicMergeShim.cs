using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Node.Tests.Pods;

/// <summary>Turns strategic merge patches of statuses and events into updates, for a server that does not know them yet.</summary>
internal sealed class StrategicMergeShim(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly Dictionary<string, string> Keys = new() { ["conditions"] = "type", ["podIPs"] = "ip", ["addresses"] = "type" };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content?.Headers.ContentType?.MediaType != PatchType.StrategicMerge) return await base.SendAsync(request, cancellationToken);
        var patch = KubernetesJson.ParseObject(await request.Content.ReadAsByteArrayAsync(cancellationToken));
        var path = request.RequestUri!.AbsolutePath;
        var objectPath = path.EndsWith("/status", StringComparison.Ordinal) ? path[..^7] : path;
        while (true)
        {
            using var get = new HttpRequestMessage(HttpMethod.Get, new Uri(request.RequestUri, objectPath));
            var found = await base.SendAsync(get, cancellationToken);
            if (!found.IsSuccessStatusCode) return found;
            var o = KubernetesJson.ParseObject(await found.Content.ReadAsByteArrayAsync(cancellationToken));
            Merge(o, patch);
            using var put = new HttpRequestMessage(HttpMethod.Put, new Uri(request.RequestUri, path));
            put.Content = new ByteArrayContent(KubernetesJson.Serialize(o));
            put.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var answer = await base.SendAsync(put, cancellationToken);
            if ((int)answer.StatusCode != 409) return answer;
        }
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith('$')) continue;
            if (value is null) target.Remove(name);
            else if (value is JsonObject map && target[name] is JsonObject old) Merge(old, map);
            else if (value is JsonArray list && Keys.TryGetValue(name, out var key)) MergeList(target, name, list, key, patch.List($"$setElementOrder/{name}"));
            else target[name] = value.DeepClone();
        }
    }

    private static void MergeList(JsonObject target, string name, JsonArray changes, string key, JsonArray? order)
    {
        var items = target.Objects(name).Select(o => o.Clone()).ToList();
        foreach (var change in changes.OfType<JsonObject>())
        {
            var index = items.FindIndex(i => i.Text(key) == change.Text(key));
            if (change.Text("$patch") == "delete")
            {
                if (index >= 0) items.RemoveAt(index);
            }
            else if (index >= 0)
            {
                Merge(items[index], change);
            }
            else
            {
                items.Add(change.Clone());
            }
        }
        if (order is not null) items = [.. items.OrderBy(i => order.OfType<JsonObject>().Select(o => o.Text(key)).ToList().IndexOf(i.Text(key)))];
        target[name] = new JsonArray([.. items]);
    }
}
