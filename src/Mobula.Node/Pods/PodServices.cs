using Microsoft.Extensions.Logging;
using Mobula.Client;
using Mobula.Node.Containerd;
using Mobula.Node.Probes;
using Mobula.Node.Volumes;

namespace Mobula.Node.Pods;

/// <summary>What all pod workers share.</summary>
internal sealed record PodServices
{
    public required KubernetesApi Api { get; init; }

    public required NodeSettings Node { get; init; }

    public required ContainerdConnection Runtime { get; init; }

    public required RuntimeReader Reader { get; init; }

    public required ImageProvider Images { get; init; }

    public required ContainerStarter Starter { get; init; }

    public required ContainerStopper Stopper { get; init; }

    public required PodVolumes Volumes { get; init; }

    public required ServiceAccountTokens Tokens { get; init; }

    public required ReferencedObjects Objects { get; init; }

    public required Prober Prober { get; init; }

    public required PodEvents Events { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Holds back pods while others are being created: more at once takes longer for all.</summary>
    public required SemaphoreSlim Creating { get; init; }
}
