using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Node.Volumes;

/// <summary>Tokens of service accounts, bound to their pod, renewed when four fifths of their time are over.</summary>
internal sealed class ServiceAccountTokens(KubernetesApi api, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string PodUid, string? Audience, long Seconds), (string Token, DateTimeOffset Renew)> _tokens = [];

    /// <summary>A token that holds for a while.</summary>
    public async Task<string> GetAsync(JsonObject pod, string? audience, long seconds, CancellationToken cancellation)
    {
        var key = (pod.Uid, audience, seconds);
        var now = time.GetUtcNow();
        if (_tokens.TryGetValue(key, out var known) && now < known.Renew) return known.Token;
        var spec = new JsonObject
        {
            ["expirationSeconds"] = seconds,
            ["boundObjectRef"] = new JsonObject { ["kind"] = "Pod", ["apiVersion"] = "v1", ["name"] = pod.Name, ["uid"] = pod.Uid },
        };
        if (audience is not null) spec["audiences"] = new JsonArray((JsonNode)audience);
        var request = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = spec };
        var answer = await api.CreateSubresourceAsync(
            Mobula.Client.Resources.ServiceAccounts, pod.Namespace, pod.Text("spec", "serviceAccountName") ?? "default", "token", request, cancellation).ConfigureAwait(false);
        var token = answer.Text("status", "token") ?? "";
        _tokens[key] = (token, now + TimeSpan.FromSeconds(seconds * 0.8));
        return token;
    }

    /// <summary>When the first token of the pod is to be renewed; null when it has none.</summary>
    public DateTimeOffset? Renewal(string podUid)
    {
        DateTimeOffset? first = null;
        foreach (var (key, value) in _tokens)
            if (key.PodUid == podUid && (first is null || value.Renew < first)) first = value.Renew;
        return first;
    }

    /// <summary>The pod is gone.</summary>
    public void Forget(string podUid)
    {
        foreach (var key in _tokens.Keys) if (key.PodUid == podUid) _tokens.TryRemove(key, out _);
    }
}
