using System.Text.Json.Nodes;

namespace Mobula.Node.Pods;

internal enum InstanceState
{
    Created,
    Running,
    Exited,
    Unknown,
}

/// <summary>The user a container's first process runs as.</summary>
internal sealed record ProcessUser(long Uid, long Gid, IReadOnlyList<long> SupplementalGroups);

/// <summary>A container that the runtime knows.</summary>
internal sealed record ContainerInstance
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string SandboxId { get; init; }

    /// <summary>How often the container had been restarted when this instance was made.</summary>
    public int Attempt { get; init; }

    public required InstanceState State { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int ExitCode { get; init; }

    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>The image's name, as the runtime tells it.</summary>
    public string Image { get; init; } = "";

    /// <summary>The image's id, <c>sha256:…</c>, or the digest by which it was pulled.</summary>
    public string ImageId { get; init; } = "";

    public ProcessUser? User { get; init; }

    public string LogPath { get; init; } = "";

    /// <summary>The requests and limits it was made with; null where the runtime was not told.</summary>
    public JsonObject? Resources { get; init; }
}

/// <summary>A sandbox that the runtime knows: the pod's namespaces and the process that holds them.</summary>
internal sealed record SandboxInstance
{
    public required string Id { get; init; }

    public int Attempt { get; init; }

    public bool Ready { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Empty for pods in the host's network.</summary>
    public IReadOnlyList<string> Ips { get; init; } = [];
}

/// <summary>What the runtime knows of a pod. Sandboxes and containers are sorted: the newest first.</summary>
internal sealed record PodRuntime(IReadOnlyList<SandboxInstance> Sandboxes, IReadOnlyList<ContainerInstance> Containers)
{
    public static readonly PodRuntime Empty = new([], []);

    /// <summary>The newest sandbox, whether or not it is ready.</summary>
    public SandboxInstance? Sandbox => Sandboxes.Count > 0 ? Sandboxes[0] : null;

    /// <summary>The newest instance of a container.</summary>
    public ContainerInstance? Newest(string name) => Containers.FirstOrDefault(c => c.Name == name);

    /// <summary>The instance before the newest.</summary>
    public ContainerInstance? Previous(string name) => Containers.Where(c => c.Name == name).Skip(1).FirstOrDefault();

    public bool AnyRunning => Containers.Any(c => c.State == InstanceState.Running);
}
