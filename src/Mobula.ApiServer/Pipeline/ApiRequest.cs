using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.ApiServer.Auditing;
using Mobula.ApiServer.Authentication;

namespace Mobula.ApiServer.Pipeline;

/// <summary>A request on its way through the steps.</summary>
internal sealed class ApiRequest(HttpContext http, RequestInfo info, DateTimeOffset received)
{
    private readonly List<string> _warnings = [];

    public HttpContext Http { get; } = http;

    public RequestInfo Info { get; } = info;

    public DateTimeOffset Received { get; } = received;

    public string Method => Http.Request.Method;

    public IQueryCollection Query => Http.Request.Query;

    public CancellationToken Aborted => Http.RequestAborted;

    public string AuditId { get; init; } = "";

    /// <summary>Who the request is treated as.</summary>
    public UserInfo User { get; set; } = new(UserInfo.Anonymous, UserInfo.UnauthenticatedGroup);

    /// <summary>The facts for audit; null before the user is known.</summary>
    public AuditedRequest? Audit { get; set; }

    public AuditDemand Demand { get; set; }

    /// <summary>What the client is told in <c>Warning</c> headers, in order, each once.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The client's name for <c>managedFields</c>: the parameter <c>fieldManager</c>, else the program in User-Agent.</summary>
    public string FieldManager
    {
        get
        {
            var manager = Query["fieldManager"].ToString();
            if (manager.Length > 0) return manager;
            var agent = Http.Request.Headers.UserAgent.ToString();
            var slash = agent.IndexOf('/', StringComparison.Ordinal);
            var program = slash < 0 ? agent : agent[..slash];
            program = new string([.. program.Where(c => c is >= ' ' and not '\u007f')]);
            return program.Length > 128 ? program[..128] : program.Length == 0 ? "unknown" : program;
        }
    }

    public bool IsDryRun => Query.TryGetValue("dryRun", out var values) && values.Contains("All");

    public void Warn(string text)
    {
        if (text.Length > 0 && !_warnings.Contains(text)) _warnings.Add(text);
    }

    public void Annotate(string key, string value)
    {
        if (Audit is { } audit) audit.AnnotationMap.TryAdd(key, value);
    }

    public void AuditRequestObject(JsonNode node)
    {
        if (Audit is not { } audit) return;
        if (node is JsonObject o)
        {
            audit.ObjectUid = Kubernetes.ObjectAccess.Text(o, "metadata", "uid");
            audit.ObjectResourceVersion = Kubernetes.ObjectAccess.Text(o, "metadata", "resourceVersion");
        }
        if (Demand >= AuditDemand.Request) audit.RequestObject = node.DeepClone();
    }
}
