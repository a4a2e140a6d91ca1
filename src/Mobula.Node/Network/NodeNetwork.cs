using System.Net;
using Microsoft.Extensions.Logging;
using Mobula.Client;

namespace Mobula.Node.Network;

/// <summary>How the node's network is set up.</summary>
internal sealed record NodeNetworkOptions
{
    public required ClusterNetwork Network { get; init; }

    /// <summary>The domain of the cluster's DNS.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>Where the API server listens on this host; the service <c>default/kubernetes</c> leads there. Null for what its endpoints say.</summary>
    public IPEndPoint? ApiServer { get; init; }

    /// <summary>Ports of the host that lead to other ports of the node.</summary>
    public IReadOnlyList<NodePortMapping> PortMappings { get; init; } = [];

    /// <summary>The host's own resolver configuration.</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";
}

/// <summary>
/// The node's part in the cluster's network: the bridge, the routes of services and host ports, and the cluster's DNS. It follows
/// Services and EndpointSlices and brings each change onto the host.
/// </summary>
internal sealed class NodeNetwork : IAsyncDisposable
{
    /// <summary>A roll-out changes many endpoints at once; one restore takes them all.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    private readonly NodeNetworkOptions _options;
    private readonly Informer _services;
    private readonly Informer _slices;
    private readonly Lock _gate = new();
    private readonly DnsServer _dns;
    private readonly NodeRouting _routing;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changed = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IDisposable> _subscriptions = [];
    private IReadOnlyList<Informer> _pods;
    private IReadOnlySet<string> _present = new HashSet<string>();
    private string _applied = "";
    private Task _following = Task.CompletedTask;

    private NodeNetwork(
        NodeNetworkOptions options, InformerSet informers, Informer pods, DnsServer dns, bool bridgeIsFiltered, TimeProvider time, ILogger logger)
    {
        _options = options;
        _services = informers.For(Mobula.Client.Resources.Services);
        _slices = informers.For(Mobula.Client.Resources.EndpointSlices);
        _pods = [pods];
        _dns = dns;
        _routing = new NodeRouting(options.Network, dns.EndPoint, bridgeIsFiltered) { PortMappings = options.PortMappings };
        _time = time;
        _logger = logger;
    }

    /// <summary>Sets the bridge up and routes what is there; returns when services and DNS work.</summary>
    /// <param name="options">How.</param>
    /// <param name="informers">Of the cluster; they run, or will.</param>
    /// <param name="pods">The pods of this node, for host ports; it runs, or will.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For people who look for trouble.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="InvalidOperationException">The host refused; the message says what.</exception>
    public static async Task<NodeNetwork> StartAsync(
        NodeNetworkOptions options, InformerSet informers, Informer pods, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        var filtered = await HostBridge.SetUpAsync(options.Network, cancellation).ConfigureAwait(false);
        var resolvers = File.Exists(options.ResolvConf) ? DnsServer.Resolvers(await File.ReadAllLinesAsync(options.ResolvConf, cancellation).ConfigureAwait(false)) : [];
        var network = new NodeNetwork(
            options, informers, pods, DnsServer.Start(options.ClusterDomain, options.Network.Gateway, resolvers), filtered, time, logger);
        try
        {
            await network.StartAsync(cancellation).ConfigureAwait(false);
            return network;
        }
        catch
        {
            await network.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops following. The rules stay, so that services work on while the agent is away; DNS does not.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions) subscription.Dispose();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _dns.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        await _services.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        await _slices.WaitForSyncAsync(cancellation).ConfigureAwait(false);
        _present = await ServiceRules.PresentChainsAsync(_options.Network, "nat", cancellation).ConfigureAwait(false);
        await SyncAsync(cancellation).ConfigureAwait(false);
        Follow(_services.Subscribe((_, _) => Poke()));
        Follow(_slices.Subscribe((_, _) => Poke()));
        foreach (var pods in _pods) FollowHostPorts(pods);
        _following = FollowAsync();
    }

    /// <summary>Routes the host ports of another node's pods too; the nodes of a cluster on one host share its ports.</summary>
    /// <param name="pods">The pods of that node; it runs, or will.</param>
    public void Include(Informer pods)
    {
        lock (_gate) _pods = [.. _pods, pods];
        FollowHostPorts(pods);
        Poke();
    }

    private void FollowHostPorts(Informer pods) => Follow(pods.Subscribe((old, now) =>
    {
        if (ServicePlanner.HasHostPort(old) || ServicePlanner.HasHostPort(now)) Poke();
    }));

    private void Follow(IDisposable subscription)
    {
        lock (_gate) _subscriptions.Add(subscription);
    }

    private void Poke()
    {
        try
        {
            if (_changed.CurrentCount == 0) _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else just did the same.
        }
    }

    private async Task FollowAsync()
    {
        while (true)
        {
            await _changed.WaitAsync(_stopping.Token).ConfigureAwait(false);
            await Task.Delay(Gathering, _time, _stopping.Token).ConfigureAwait(false);
            try
            {
                await SyncAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (InvalidOperationException e)
            {
                _logger.LogError("services are not routed as they should be: {Error}", e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), _time, _stopping.Token).ConfigureAwait(false);
                Poke();
            }
        }
    }

    private async Task SyncAsync(CancellationToken cancellation)
    {
        var services = _services.Cache.List();
        var slices = _slices.Cache.List();
        _dns.Update(ClusterDns.From(_options.ClusterDomain, services, slices));
        ServiceEndpoint? apiServer = _options.ApiServer is { } real ? new ServiceEndpoint(real.Address.ToString(), real.Port) : null;
        var rules = ServiceRules.Render(ServicePlanner.Plan(services, slices, _pods.SelectMany(p => p.Cache.List()), apiServer), _routing, _present);
        if (rules == _applied) return;
        await ServiceRules.ApplyAsync(rules, _options.Network, cancellation).ConfigureAwait(false);
        _present = rules.Split('\n').TakeWhile(l => l != "COMMIT").Where(l => l.StartsWith(':')).Select(l => l[1..l.IndexOf(' ')])
            .Except(rules.Split('\n').Where(l => l.StartsWith("-X ", StringComparison.Ordinal)).Select(l => l[3..])).ToHashSet(StringComparer.Ordinal);
        _applied = rules;
    }
}
