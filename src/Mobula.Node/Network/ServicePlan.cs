using System.Net;

namespace Mobula.Node.Network;

/// <summary>Where traffic goes in the end.</summary>
internal readonly record struct ServiceEndpoint(string Ip, int Port)
{
    public override string ToString() => $"{Ip}:{Port}";
}

/// <summary>One port of one service.</summary>
/// <param name="Name"><c>NAMESPACE/SERVICE:PORT</c>; names its iptables chain.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
/// <param name="Addresses">The addresses it is reached at: its cluster IP and external ones.</param>
/// <param name="Port">The port there.</param>
/// <param name="NodePort">Its port on every address of the node; null for none.</param>
/// <param name="AffinitySeconds">How long a client stays with an endpoint; null for not at all.</param>
/// <param name="Endpoints">The ready endpoints, sorted.</param>
internal sealed record ServicePort(
    string Name, string Protocol, IReadOnlyList<string> Addresses, int Port, int? NodePort, int? AffinitySeconds, IReadOnlyList<ServiceEndpoint> Endpoints);

/// <summary>A port of the node that leads into a pod.</summary>
internal sealed record HostPort(string Protocol, string? HostIp, int Port, ServiceEndpoint Target);

/// <summary>How the node routes services: a value, made from the cluster's objects and turned into iptables rules.</summary>
internal sealed record ServicePlan(IReadOnlyList<ServicePort> Services, IReadOnlyList<HostPort> HostPorts)
{
    public static ServicePlan Empty { get; } = new([], []);
}

/// <summary>What the rules need to know of the node itself.</summary>
/// <param name="Network">The cluster's names and ranges.</param>
/// <param name="DnsServer">Where the cluster DNS really listens; null for nowhere.</param>
/// <param name="BridgeIsFiltered">
/// Whether traffic between pods passes iptables. Where it does not, answers would not find their way back through a service's address
/// unless the node puts itself in between.
/// </param>
internal sealed record NodeRouting(ClusterNetwork Network, IPEndPoint? DnsServer, bool BridgeIsFiltered)
{
    /// <summary>Ports of the host that lead to other ports of the node.</summary>
    public IReadOnlyList<NodePortMapping> PortMappings { get; init; } = [];

    /// <summary>The mappings that lead to this port and are not that port itself.</summary>
    public IEnumerable<NodePortMapping> MappingsTo(string protocol, int nodePort) =>
        PortMappings.Where(m => m.Protocol == protocol && m.NodePort == nodePort && (m.HostPort != nodePort || m.ListenAddress is not null));
}
