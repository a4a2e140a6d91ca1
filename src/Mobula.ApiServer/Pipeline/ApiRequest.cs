using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.ApiServer.Auditing;
using Mobula.ApiServer.Authentication;
using Mobula.Audit;
using Mobula.Kubernetes;

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

    /// <summary>Whether authentication is over and let it pass.</summary>
    public bool IsKnown { get; set; }

    /// <summary>The facts for audit; null before the user is known.</summary>
    public AuditedRequest? Audit { get; set; }

    public AuditLevel Demand { get; set; }

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

    /// <summary>Called when the answer's head goes out, with its status.</summary>
    public Action<int>? AnswerStarts { get; set; }

    /// <summary>Tells audit the object in the body, as decoded; what the path leaves open is completed from it.</summary>
    /// <param name="sent">The object.</param>
    /// <param name="complete">Makes of a copy what is recorded: defaults. Called only when bodies are wanted.</param>
    public void AuditRequestObject(JsonObject sent, Func<JsonObject, JsonObject>? complete = null)
    {
        if (Audit is not { } audit) return;
        if (audit.Name.Length == 0) audit.Name = sent.Name;
        if (audit.Namespace.Length == 0) audit.Namespace = sent.Namespace ?? "";
        audit.ObjectUid = sent.Uid;
        audit.ObjectResourceVersion = sent.ResourceVersion;
        if (Demand < AuditLevel.Request) return;
        var copy = sent.Clone();
        audit.RequestObject = complete is null ? copy : complete(copy);
    }

    /// <summary>Tells audit a patch, which says nothing of the object's identity.</summary>
    public void AuditPatch(JsonNode patch)
    {
        if (Audit is { } audit && Demand >= AuditLevel.Request) audit.RequestObject = patch.DeepClone();
    }
}
