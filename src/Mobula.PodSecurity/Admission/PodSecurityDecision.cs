using System.Text.Json.Nodes;

namespace Mobula.PodSecurity.Admission;

/// <summary>What Pod Security says of a request.</summary>
public sealed record PodSecurityDecision
{
    /// <summary>What the keys of <see cref="AuditAnnotations"/> begin with in the API server's audit events.</summary>
    public const string AuditAnnotationPrefix = "pod-security.kubernetes.io/";

    /// <summary>Allowed, with nothing to say.</summary>
    public static PodSecurityDecision Allow { get; } = new();

    /// <summary>The <c>metav1.Status</c> to answer with when the request is denied, else null.</summary>
    public JsonObject? Status { get; init; }

    /// <summary>Whether the request may go on.</summary>
    public bool IsAllowed => Status is null;

    /// <summary>Warnings for the client, one header each, in order.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Annotations of the audit event, without the prefix; in place also when the request is denied.</summary>
    public IReadOnlyDictionary<string, string> AuditAnnotations { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The counters to increase.</summary>
    public IReadOnlyList<PodSecurityCount> Counts { get; init; } = [];
}
