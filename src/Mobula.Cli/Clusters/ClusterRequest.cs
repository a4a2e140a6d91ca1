using Mobula.Cli.KindConfiguration;

namespace Mobula.Cli.Clusters;

/// <summary>What the flags of <c>create cluster</c> say; null where a flag was not given.</summary>
internal sealed record ClusterRequest
{
    /// <summary><c>--name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>--image</c>: its tag chooses the Kubernetes version.</summary>
    public string? Image { get; init; }

    /// <summary><c>--kubernetes-version</c>.</summary>
    public string? KubernetesVersion { get; init; }

    /// <summary><c>--port</c>, 1 to 65535.</summary>
    public int? Port { get; init; }

    /// <summary><c>--audit-policy-file</c>.</summary>
    public string? AuditPolicyFile { get; init; }

    /// <summary><c>--admission-control-config-file</c>.</summary>
    public string? AdmissionControlConfigFile { get; init; }

    /// <summary><c>--audit-log-path</c>.</summary>
    public string? AuditLogPath { get; init; }

    /// <summary><c>--node</c>: whether the cluster runs containers.</summary>
    public bool HasNodes { get; init; } = true;

    /// <summary>The kind configuration; an empty one when none was given.</summary>
    public KindConfig Config { get; init; } = new();

    /// <summary>The working directory, absolute: relative paths start there.</summary>
    public required string WorkingDirectory { get; init; }
}
