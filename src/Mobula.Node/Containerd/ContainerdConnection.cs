using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Containerd;

/// <summary>
/// containerd over its unix socket: the CRI services, and the services of containerd itself for what CRI cannot do (exec with
/// half-close, events, import). It connects when called and again after containerd restarted; calls while it is away fail with
/// <see cref="RpcException"/>, status <see cref="StatusCode.Unavailable"/>.
/// </summary>
internal sealed class ContainerdConnection : IDisposable
{
    /// <summary>The containerd namespace in which CRI keeps its images and containers.</summary>
    public const string CriNamespace = "k8s.io";

    private readonly GrpcChannel _channel;

    public ContainerdConnection(string socketPath)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 64 << 20,
            MaxSendMessageSize = 64 << 20,
        });
        Runtime = new RuntimeService.RuntimeServiceClient(_channel);
        Images = new ImageService.ImageServiceClient(_channel);
        Tasks = new Services.Tasks.Tasks.TasksClient(_channel);
        Containers = new Services.Containers.Containers.ContainersClient(_channel);
        Events = new Services.Events.Events.EventsClient(_channel);
        Content = new Services.Content.Content.ContentClient(_channel);
        ImageStore = new Services.Images.Images.ImagesClient(_channel);
        Leases = new Services.Leases.Leases.LeasesClient(_channel);
        Snapshots = new Services.Snapshots.Snapshots.SnapshotsClient(_channel);
        Diff = new Services.Diff.Diff.DiffClient(_channel);
    }

    /// <summary>CRI: pods and containers.</summary>
    public RuntimeService.RuntimeServiceClient Runtime { get; }

    /// <summary>CRI: images.</summary>
    public ImageService.ImageServiceClient Images { get; }

    public Services.Tasks.Tasks.TasksClient Tasks { get; }

    public Services.Containers.Containers.ContainersClient Containers { get; }

    public Services.Events.Events.EventsClient Events { get; }

    public Services.Content.Content.ContentClient Content { get; }

    public Services.Images.Images.ImagesClient ImageStore { get; }

    public Services.Leases.Leases.LeasesClient Leases { get; }

    public Services.Snapshots.Snapshots.SnapshotsClient Snapshots { get; }

    public Services.Diff.Diff.DiffClient Diff { get; }

    /// <summary>The headers that containerd's own services (not CRI's) need.</summary>
    public static Metadata InCriNamespace(string? lease = null)
    {
        var headers = new Metadata { { "containerd-namespace", CriNamespace } };
        if (lease is not null) headers.Add("containerd-lease", lease);
        return headers;
    }

    public void Dispose() => _channel.Dispose();
}
