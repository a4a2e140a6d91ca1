using Mobula.Kubernetes.Yaml;

namespace Mobula.Audit;

/// <summary>A policy that the API server would refuse at start.</summary>
/// <param name="message">Why, in Kubernetes' words.</param>
/// <param name="file">The policy's file.</param>
/// <param name="position">Where in the file, if it has a place.</param>
public sealed class AuditPolicyException(string message, string file, SourcePosition? position = null) : Exception(message)
{
    /// <summary>The policy's file.</summary>
    public string File { get; } = file;

    /// <summary>Where in the file, if the error has a place.</summary>
    public SourcePosition? Position { get; } = position;

    /// <summary>The place and the reason in one line: <c>FILE:LINE:COLUMN: MESSAGE</c>.</summary>
    public string Located => Position is { } p ? $"{File}:{p}: {Message}" : $"{File}: {Message}";
}
