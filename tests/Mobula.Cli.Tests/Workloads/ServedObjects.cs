using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;

namespace Mobula.Cli.Tests.Workloads;

/// <summary>A server that lists objects, in pages of any size, and knows nothing else.</summary>
internal sealed class ServedObjects(int pageSize = 500) : HttpMessageHandler
{
    private readonly Dictionary<string, List<JsonObject>> _collections = new(StringComparer.Ordinal)
    {
        ["/api/v1/namespaces"] = [],
        ["/api/v1/pods"] = [],
        ["/api/v1/podtemplates"] = [],
        ["/api/v1/replicationcontrollers"] = [],
        ["/apis/apps/v1/deployments"] = [],
        ["/apis/apps/v1/replicasets"] = [],
        ["/apis/apps/v1/statefulsets"] = [],
        ["/apis/apps/v1/daemonsets"] = [],
        ["/apis/batch/v1/jobs"] = [],
        ["/apis/batch/v1/cronjobs"] = [],
    };

    /// <summary>The collections that may not be listed.</summary>
    public HashSet<string> Forbidden { get; } = [];

    /// <summary>The collections whose first continue token has grown too old.</summary>
    public HashSet<string> Expired { get; } = [];

    /// <summary>Adds an object to a collection.</summary>
    public void Add(string collection, string json) => _collections[collection].Add(JsonNode.Parse(json)!.AsObject());

    /// <summary>A client of the server.</summary>
    public KubernetesApi Api() => new(new HttpClient(this, disposeHandler: false) { BaseAddress = new("http://served/") }, "tests");

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (Forbidden.Contains(path)) return Task.FromResult(Refused(HttpStatusCode.Forbidden, $"{path} is forbidden", null));
        if (!_collections.TryGetValue(path, out var objects)) return Task.FromResult(Refused(HttpStatusCode.NotFound, $"{path} is not there", null));
        var query = System.Web.HttpUtility.ParseQueryString(request.RequestUri.Query);
        var start = int.Parse(query["continue"] ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        if (start > 0 && Expired.Remove(path)) return Task.FromResult(Refused(HttpStatusCode.Gone, "the continue token is too old", $"{start}"));
        var page = new JsonArray([.. objects.Skip(start).Take(pageSize).Select(o => (JsonNode)o.DeepClone())]);
        var metadata = new JsonObject { ["resourceVersion"] = "1" };
        if (start + pageSize < objects.Count) metadata["continue"] = $"{start + pageSize}";
        return Task.FromResult(Answer(HttpStatusCode.OK, new JsonObject { ["metadata"] = metadata, ["items"] = page }));
    }

    private static HttpResponseMessage Refused(HttpStatusCode code, string message, string? next)
    {
        var status = new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["message"] = message, ["reason"] = code.ToString(), ["code"] = (int)code };
        if (next is not null) status["metadata"] = new JsonObject { ["continue"] = next };
        return Answer(code, status);
    }

    private static HttpResponseMessage Answer(HttpStatusCode code, JsonObject body) =>
        new(code) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
}
