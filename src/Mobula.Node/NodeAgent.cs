using Microsoft.Extensions.Logging;
using Mobula.Client;
using Mobula.Node.Containerd;
using Mobula.Node.Images;
using Mobula.Node.Network;
using Mobula.Node.Nodes;
using Mobula.Node.Pods;
using Mobula.Node.Probes;
using Mobula.Node.Streaming;
using Mobula.Node.Volumes;

namespace Mobula.Node;

/// <summary>
/// The node of a cluster on this machine: it registers a Node and runs the pods bound to it as containers. It may end and start
/// again: pods run on meanwhile, and a new agent takes them over.
/// </summary>
public sealed class NodeAgent : IAsyncDisposable
{
    private readonly ContainerdSupervisor _containerd;
    private readonly Stack<IAsyncDisposable> _parts = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly PodManager _pods;
    private readonly ImageCleanup _imageCleanup;
    private Task _informing = Task.CompletedTask;
    private Task _cleaning = Task.CompletedTask;
    private NodeNetwork? _network;

    private NodeAgent(ContainerdSupervisor containerd, NodeAgentOptions options, KubernetesApi api, TimeProvider time, ILogger logger)
    {
        _containerd = containerd;
        var machine = MachineFacts.Read(options.DataDirectory);
        var settings = new NodeSettings
        {
            NodeName = options.NodeName,
            HostIp = options.NodeIp ?? options.Network.NodeAddress(options.NodeNumber).ToString(),
            DnsIp = options.Network.DnsService.ToString(),
            ClusterDomain = options.ClusterDomain,
            PodsDirectory = Path.Combine(options.DataDirectory, "pods"),
            LogDirectory = Path.Combine(options.DataDirectory, "logs"),
            StaticPodDirectory = options.StaticPodDirectory ?? Path.Combine(options.DataDirectory, "manifests"),
            SeccompDirectory = Path.Combine(options.DataDirectory, "seccomp"),
            Labels = options.Labels,
            Taint = options.Taint,
            Mounts = options.Mounts,
            CgroupRoot = $"/{options.Network.Bridge}",
            Capacity = machine.Capacity,
        };
        var runtime = containerd.Connection;
        Informers = new InformerSet(api, time, Informed(logger));
        var services = Informers.For(Mobula.Client.Resources.Services);
        var recorder = Keep(new EventRecorder(api, "kubelet", options.NodeName, time, e => logger.LogDebug("an event was refused: {Error}", e.Message)));
        var events = new PodEvents(recorder);
        var objects = Keep(new ReferencedObjects(api, time));
        var tokens = new ServiceAccountTokens(api, time);
        var prober = new Prober(runtime);
        var volumes = new PodVolumes(api, new VolumeContents(objects, tokens, settings), settings, time);
        var hooks = new LifecycleHooks(prober, time);
        var stopper = new ContainerStopper(runtime, hooks, events, time);
        var images = new ImageProvider(runtime, objects, events, time);
        var environment = new ContainerEnvironment(objects, services.Cache.List, settings);
        _imageCleanup = new ImageCleanup(runtime, recorder, settings, options.DataDirectory, time, logger);
        Reporter = Keep(new NodeReporter(api, recorder, runtime, settings, machine, options.KubernetesVersion, time, logger));
        _pods = Keep(new PodManager(
            new PodServices
            {
                Api = api,
                Node = settings,
                Runtime = runtime,
                Reader = new RuntimeReader(runtime),
                Images = images,
                Starter = new ContainerStarter(runtime, images, environment, volumes, hooks, stopper, events, settings),
                Stopper = stopper,
                Volumes = volumes,
                Tokens = tokens,
                Objects = objects,
                Prober = prober,
                Events = events,
                Time = time,
                Logger = logger,
                Creating = new SemaphoreSlim(Math.Max(4, Environment.ProcessorCount * 2)),
            },
            () => Reporter.Labels,
            () => Reporter.NodeUid));
    }

    internal ContainerdSupervisor Containerd => _containerd;

    /// <summary>The pods of the node, for the kubelet's API.</summary>
    internal IPodLookup Pods => _pods;

    internal NodeReporter Reporter { get; }

    internal InformerSet Informers { get; }

    /// <summary>Starts containerd, registers the Node and takes over the pods that run already.</summary>
    /// <param name="options">How.</param>
    /// <param name="api">The cluster, as <c>system:node:NAME</c>.</param>
    /// <param name="proxyApi">The cluster, as <c>system:kube-proxy</c>, for what routes Services.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For people who look for trouble.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="InvalidOperationException">containerd cannot be started; the message says why.</exception>
    public static async Task<NodeAgent> StartAsync(
        NodeAgentOptions options, KubernetesApi api, KubernetesApi proxyApi, TimeProvider time, ILogger logger, CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(options.DataDirectory);
        var containerd = new ContainerdSupervisor(options.ToContainerd(), time, logger);
        try
        {
            await containerd.StartAsync(cancellation).ConfigureAwait(false);
            var agent = new NodeAgent(containerd, options, api, time, logger);
            var routes = new InformerSet(proxyApi, time, Informed(logger));
            var informing = agent.Informers.RunAsync(agent._stopping.Token);
            agent._informing = options.RoutedBy is null ? Task.WhenAll(informing, routes.RunAsync(agent._stopping.Token)) : informing;
            await agent.Informers.For(Mobula.Client.Resources.Services).WaitForSyncAsync(cancellation).ConfigureAwait(false);
            // First: the kubelet's address is one of the bridge's.
            if (options.RoutedBy?._network is { } shared)
            {
                await HostBridge.AddAddressAsync(options.Network, options.Network.NodeAddress(options.NodeNumber), cancellation).ConfigureAwait(false);
                shared.Include(agent._pods.Informer);
            }
            else
            {
                var network = new NodeNetworkOptions { Network = options.Network, ClusterDomain = options.ClusterDomain, ApiServer = options.ApiServer, PortMappings = options.PortMappings };
                agent._network = agent.Keep(await NodeNetwork.StartAsync(network, routes, agent._pods.Informer, time, logger, cancellation).ConfigureAwait(false));
            }
            if (options.Kubelet is { } kubelet)
            {
                var pipes = Directory.CreateDirectory(Path.Combine(options.RunDirectory, "pipes")).FullName;
                var server = agent.Keep(await KubeletServer.StartAsync(kubelet, containerd.Connection, pipes, agent._pods, time).ConfigureAwait(false));
                agent.Reporter.KubeletPort = server.EndPoint.Port;
            }
            await agent.Reporter.StartAsync(cancellation).ConfigureAwait(false);
            containerd.ReadyChanged += agent.RuntimeChanged;
            await agent._pods.StartAsync(cancellation).ConfigureAwait(false);
            agent._cleaning = agent._imageCleanup.RunAsync(agent._stopping.Token);
            return agent;
        }
        catch
        {
            await containerd.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends the agent. Pods and containerd run on; a new agent takes them over.</summary>
    public async ValueTask DisposeAsync()
    {
        _containerd.ReadyChanged -= RuntimeChanged;
        await _stopping.CancelAsync().ConfigureAwait(false);
        while (_parts.TryPop(out var part)) await part.DisposeAsync().ConfigureAwait(false);
        await _informing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _cleaning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _containerd.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private static InformerOptions Informed(ILogger logger) => new() { OnError = e => logger.LogWarning("{Error}", e.Message) };

    private T Keep<T>(T part) where T : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }

    private void RuntimeChanged(bool ready)
    {
        Reporter.Wake();
        if (ready) _pods.PokeAll();
    }
}
