namespace Mobula.Client;

/// <summary>How a <see cref="LeaderElector"/> takes part. The defaults are those of Kubernetes' components.</summary>
/// <param name="Namespace">The namespace of the Lease.</param>
/// <param name="Name">The name of the Lease.</param>
/// <param name="Identity">Names this candidate; no two candidates share one.</param>
public sealed record LeaderElectorOptions(string Namespace, string Name, string Identity)
{
    /// <summary>How long the others wait after the last renewal they saw before they take over.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader goes on without a renewal that succeeds. Less than <see cref="LeaseDuration"/>.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The time between two attempts.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Told of failures to read or write the Lease; the elector goes on by itself.</summary>
    public Action<Exception>? OnError { get; init; }
}
