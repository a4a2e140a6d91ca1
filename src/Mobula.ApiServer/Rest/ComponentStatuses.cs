using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary><c>componentstatuses</c>, which are stored nowhere: of the components, this server knows its own store alone.</summary>
internal sealed class ComponentStatuses
{
    private const string StoreName = "etcd-0";

    public Task<Answer> AnswerAsync(ApiRequest request, ResourceDefinition definition, string verb)
    {
        if (verb == "get")
        {
            if (request.Info.Name != StoreName) throw StatusException.NotFound(definition.Resource, request.Info.Name);
            var whole = Store();
            whole["kind"] = definition.Kind.Kind;
            whole["apiVersion"] = definition.Kind.ApiVersion;
            return Task.FromResult<Answer>(new ObjectAnswer(200, whole));
        }
        var options = ListOptions.Read(request.Query, watch: false);
        var items = new JsonArray();
        if (Store() is var store && options.Labels.Matches(store)) items.Add((JsonNode)store);
        return Task.FromResult<Answer>(new ObjectAnswer(200, new JsonObject
        {
            ["kind"] = definition.ListKind,
            ["apiVersion"] = definition.Kind.ApiVersion,
            ["metadata"] = new JsonObject(),
            ["items"] = items,
        }));
    }

    private static JsonObject Store() => new()
    {
        ["metadata"] = new JsonObject { ["name"] = StoreName },
        ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Healthy", ["status"] = "True", ["message"] = "ok" }),
    };
}
