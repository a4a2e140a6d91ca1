namespace Mobula.Audit;

/// <summary>An identity as events name it.</summary>
public sealed record AuditUser
{
    /// <summary>The name.</summary>
    public string? UserName { get; init; }

    /// <summary>The uid, if the authenticator knows one.</summary>
    public string? Uid { get; init; }

    /// <summary>The groups.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Further attributes, by key.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; init; }
}

/// <summary>The object of a request as events name it; empty parts are left out.</summary>
public sealed record AuditObjectReference
{
    /// <summary>The resource, plural.</summary>
    public string? Resource { get; init; }

    /// <summary>The namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name.</summary>
    public string? Name { get; init; }

    /// <summary>The uid the body names.</summary>
    public string? Uid { get; init; }

    /// <summary>The API group; empty for the core group.</summary>
    public string? ApiGroup { get; init; }

    /// <summary>The API version without the group.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>The resourceVersion the body names.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>The subresource.</summary>
    public string? Subresource { get; init; }
}
