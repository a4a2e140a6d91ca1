using System.Text.Json.Nodes;
using Mobula.ApiServer.Authentication;
using Mobula.Audit;

namespace Mobula.ApiServer.Auditing;

/// <summary>The facts of a request that audit events are made of.</summary>
public sealed class AuditedRequest
{
    /// <summary>The ID that the answer carries in <c>Audit-Id</c>.</summary>
    public required string AuditId { get; init; }

    /// <summary>When the request arrived.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>When the stage being recorded was reached.</summary>
    public DateTimeOffset StageTime { get; set; }

    /// <summary>Path and query as sent.</summary>
    public required string RequestUri { get; init; }

    /// <summary>The verb, for example <c>list</c>; for other paths the method in lower case.</summary>
    public required string Verb { get; init; }

    /// <summary>Whether the path names an API resource.</summary>
    public required bool IsResourceRequest { get; init; }

    /// <summary>The API group; empty for the core group.</summary>
    public required string ApiGroup { get; init; }

    /// <summary>The API version.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>The resource, plural.</summary>
    public required string Resource { get; init; }

    /// <summary>The subresource, or empty.</summary>
    public required string Subresource { get; init; }

    /// <summary>The namespace, or empty.</summary>
    public required string Namespace { get; set; }

    /// <summary>The object's name, or empty; that of a created object is set once it is known.</summary>
    public required string Name { get; set; }

    /// <summary>The path without the query.</summary>
    public required string Path { get; init; }

    /// <summary>Who sent it.</summary>
    public required UserInfo User { get; init; }

    /// <summary>Whom it is treated as, when it impersonates.</summary>
    public UserInfo? ImpersonatedUser { get; set; }

    /// <summary>The verb of constrained impersonation that permitted it; null for the classic verb.</summary>
    public string? ImpersonationConstraint { get; set; }

    /// <summary>The addresses it came from.</summary>
    public required IReadOnlyList<string> SourceIPs { get; init; }

    /// <summary>The header <c>User-Agent</c>.</summary>
    public required string UserAgent { get; init; }

    /// <summary>The UID of the object in the request, if any.</summary>
    public string? ObjectUid { get; set; }

    /// <summary>The resourceVersion of the object in the request, if any.</summary>
    public string? ObjectResourceVersion { get; set; }

    /// <summary>The decoded body; only when the demand is <see cref="AuditLevel.Request"/> or more.</summary>
    public JsonNode? RequestObject { get; set; }

    /// <summary>The answer's object; only when the demand is <see cref="AuditLevel.RequestResponse"/>.</summary>
    public JsonNode? ResponseObject { get; set; }

    /// <summary>The HTTP status of the answer; 0 while it is unknown.</summary>
    public int ResponseCode { get; set; }

    /// <summary>The Status of a failed request.</summary>
    public JsonObject? ResponseStatus { get; set; }

    /// <summary>Annotations by authorization and admission.</summary>
    public IReadOnlyDictionary<string, string> Annotations => AnnotationMap;

    /// <summary>What the sink keeps between its calls.</summary>
    internal object? SinkState { get; set; }

    internal SortedDictionary<string, string> AnnotationMap { get; } = new(StringComparer.Ordinal);
}
