using System.Runtime.CompilerServices;
using Grpc.Core;
using Mobula.Node.Containerd.Services.Events;
using Mobula.Node.Containerd.Services.TaskEvents;

namespace Mobula.Node.Containerd;

internal enum ContainerEventKind
{
    /// <summary>The container's first process runs.</summary>
    Started,

    /// <summary>The container's first process ended.</summary>
    Exited,

    /// <summary>The kernel killed a process of the container for want of memory.</summary>
    OutOfMemory,
}

/// <summary>What happened to a container.</summary>
/// <param name="Kind">What.</param>
/// <param name="ContainerId">CRI's id of the container; a pod's sandbox is one too.</param>
/// <param name="ExitCode">For <see cref="ContainerEventKind.Exited"/>.</param>
internal sealed record ContainerEvent(ContainerEventKind Kind, string ContainerId, int ExitCode = 0);

/// <summary>
/// containerd's event stream, which every version has (CRI's own <c>GetContainerEvents</c> is missing from 1.6). Events are not
/// replayed: after each subscription a caller lists once.
/// </summary>
internal static class ContainerEvents
{
    /// <summary>
    /// The events from now on. Ends with <see cref="RpcException"/> when containerd goes away.
    /// </summary>
    /// <param name="connection">The containerd.</param>
    /// <param name="subscribed">Called once containerd has taken the subscription: what is listed after it misses no event.</param>
    /// <param name="cancellation">Ends the stream.</param>
    public static async IAsyncEnumerable<ContainerEvent> SubscribeAsync(
        this ContainerdConnection connection, Action? subscribed = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var request = new SubscribeRequest { Filters = { "topic==\"/tasks/start\"", "topic==\"/tasks/exit\"", "topic==\"/tasks/oom\"" } };
        using var call = connection.Events.Subscribe(request, ContainerdConnection.InCriNamespace(), cancellationToken: cancellation);

        // containerd sends no headers before the first event, so the proof of the subscription is that a later request was
        // answered on the same HTTP/2 connection: its streams are opened in order.
        await connection.Runtime.VersionAsync(new Cri.VersionRequest(), cancellationToken: cancellation).ConfigureAwait(false);
        subscribed?.Invoke();
        while (await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false))
        {
            var envelope = call.ResponseStream.Current;
            switch (envelope.Topic)
            {
                case "/tasks/start":
                    yield return new ContainerEvent(ContainerEventKind.Started, TaskStart.Parser.ParseFrom(envelope.Event.Value).ContainerId);
                    break;
                case "/tasks/exit":
                    // An exec that ended has the container's id too, but an id of its own.
                    var exit = TaskExit.Parser.ParseFrom(envelope.Event.Value);
                    if (exit.Id == exit.ContainerId)
                        yield return new ContainerEvent(ContainerEventKind.Exited, exit.ContainerId, (int)exit.ExitStatus);
                    break;
                case "/tasks/oom":
                    yield return new ContainerEvent(ContainerEventKind.OutOfMemory, TaskOOM.Parser.ParseFrom(envelope.Event.Value).ContainerId);
                    break;
            }
        }
    }
}
