using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Admission;

/// <summary>What a request does to an object.</summary>
public enum AdmissionOperation
{
    /// <summary><c>CREATE</c>.</summary>
    Create,

    /// <summary><c>UPDATE</c>, which patches are too.</summary>
    Update,

    /// <summary><c>DELETE</c>; Pod Security does not look at it.</summary>
    Delete,

    /// <summary><c>CONNECT</c>; Pod Security does not look at it.</summary>
    Connect,
}

/// <summary>A request as admission sees it: after defaulting, mutation and validation, before it is stored.</summary>
public sealed record AdmissionRequest
{
    /// <summary>What the request does.</summary>
    public required AdmissionOperation Operation { get; init; }

    /// <summary>The API group of the resource; empty for the core group.</summary>
    public string Group { get; init; } = "";

    /// <summary>The plural name of the resource, for example <c>pods</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>The subresource, for example <c>ephemeralcontainers</c>; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The namespace; empty for cluster-scoped resources, and not used for namespaces themselves.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The object's name, generated names included.</summary>
    public string Name { get; init; } = "";

    /// <summary>The name of the user who asks, after impersonation.</summary>
    public string UserName { get; init; } = "";

    /// <summary>The object as it is to be stored, in UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Object { get; init; }

    /// <summary>The object as it was, for updates.</summary>
    public ReadOnlyMemory<byte> OldObject { get; init; }

    /// <summary>Fetches the Namespace object; throws <see cref="StatusException"/> when it cannot.</summary>
    public Func<JsonObject> GetNamespace { get; init; } = static () => throw new StatusException(404, "NotFound", "namespace not found");

    /// <summary>Lists the pods of the namespace that is updated, in UTF-8 JSON, in the order of a list.</summary>
    public Func<IEnumerable<ReadOnlyMemory<byte>>> ListPods { get; init; } = static () => [];

    /// <summary>How long the request may still take; bounds the look at existing pods.</summary>
    public TimeSpan? TimeLeft { get; init; }
}
