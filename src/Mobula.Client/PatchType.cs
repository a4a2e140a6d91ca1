namespace Mobula.Client;

/// <summary>The content types of a PATCH.</summary>
public static class PatchType
{
    /// <summary>RFC 6902.</summary>
    public const string Json = "application/json-patch+json";

    /// <summary>RFC 7386.</summary>
    public const string Merge = "application/merge-patch+json";

    /// <summary>Kubernetes' strategic merge patch; built-in kinds only.</summary>
    public const string StrategicMerge = "application/strategic-merge-patch+json";

    /// <summary>Server-side apply (KEP-555).</summary>
    public const string Apply = "application/apply-patch+yaml";
}
