namespace Mobula.Audit;

/// <summary>What an audit policy asks about a request.</summary>
public readonly record struct AuditAttributes
{
    /// <summary>Makes the attributes of a request without a user for nothing.</summary>
    public AuditAttributes()
    {
    }

    /// <summary>The authenticated user (before impersonation); null for a request that failed authentication.</summary>
    public string? UserName { get; init; }

    /// <summary>The user's groups.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The verb, for example <c>create</c>; of other requests the HTTP method in lower case.</summary>
    public string Verb { get; init; } = "";

    /// <summary>Whether the path names an API resource.</summary>
    public bool IsResourceRequest { get; init; }

    /// <summary>The API group; empty for the core group.</summary>
    public string ApiGroup { get; init; } = "";

    /// <summary>The resource, plural.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The subresource, or empty.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The namespace, or empty.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The name, or empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>The path without the query.</summary>
    public string Path { get; init; } = "";
}

/// <summary>What a policy wants of a request.</summary>
/// <param name="Level">How much is recorded.</param>
/// <param name="OmitStages">The stages at which nothing is.</param>
/// <param name="OmitManagedFields">Whether <c>metadata.managedFields</c> is left out of bodies.</param>
public readonly record struct AuditDecision(AuditLevel Level, AuditStages OmitStages, bool OmitManagedFields)
{
    /// <summary>Whether an event is recorded at a stage.</summary>
    public bool Records(AuditStages stage) => Level != AuditLevel.None && (OmitStages & stage) == 0;
}
