using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mobula.Node.Network;

/// <summary>Turns a plan into the input of <c>iptables-restore --noflush</c>, and brings it onto the host.</summary>
internal static class ServiceRules
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The built-in chains from which ours are entered.</summary>
    private static IEnumerable<(string Table, string From, string To)> Jumps(ClusterNetwork network) =>
    [
        ("nat", "PREROUTING", network.ChainPrefix + "-SERVICES"),
        ("nat", "OUTPUT", network.ChainPrefix + "-SERVICES"),
        ("nat", "POSTROUTING", network.ChainPrefix + "-POSTROUTING"),
        ("filter", "INPUT", network.ChainPrefix + "-INPUT"),
        ("filter", "FORWARD", network.ChainPrefix + "-FORWARD"),
        ("filter", "OUTPUT", network.ChainPrefix + "-OUTPUT"),
    ];

    /// <summary>The whole of the cluster's rules.</summary>
    /// <param name="plan">What is routed.</param>
    /// <param name="node">The node.</param>
    /// <param name="present">The cluster's chains of the nat table that exist; those no longer used are removed.</param>
    public static string Render(ServicePlan plan, NodeRouting node, IReadOnlySet<string> present)
    {
        var network = node.Network;
        var prefix = network.ChainPrefix;
        var chains = new List<string> { $"{prefix}-SERVICES", $"{prefix}-NODEPORTS", $"{prefix}-POSTROUTING" };
        var rules = new StringBuilder();
        var nodePorts = new StringBuilder();
        var endpoints = new SortedSet<string>(StringComparer.Ordinal);

        if (node.DnsServer is { } dns)
        {
            foreach (var protocol in (string[])["udp", "tcp"])
                rules.Append(CultureInfo.InvariantCulture, $"-A {prefix}-SERVICES -d {network.DnsService}/32 -p {protocol} --dport 53 -j DNAT --to-destination {dns}\n");
        }

        foreach (var service in plan.Services.Where(s => s.Endpoints.Count > 0))
        {
            var chain = ChainName(prefix, "SVC", $"{service.Name}/{service.Protocol}");
            chains.Add(chain);
            foreach (var address in service.Addresses.Distinct())
                rules.Append(CultureInfo.InvariantCulture, $"-A {prefix}-SERVICES -d {address}/32 -p {service.Protocol} --dport {service.Port} -j {chain}\n");
            if (service.NodePort is { } nodePort)
            {
                nodePorts.Append(CultureInfo.InvariantCulture, $"-A {prefix}-NODEPORTS -p {service.Protocol} --dport {nodePort} -j {chain}\n");
                foreach (var mapping in node.MappingsTo(service.Protocol, nodePort))
                    nodePorts.Append(CultureInfo.InvariantCulture, $"-A {prefix}-NODEPORTS{Destination(mapping.ListenAddress)} -p {service.Protocol} --dport {mapping.HostPort} -j {chain}\n");
            }
            AppendBalancing(rules, prefix, chain, service, chains);
            foreach (var endpoint in service.Endpoints) endpoints.Add(endpoint.Ip);
        }

        foreach (var port in plan.HostPorts)
        {
            nodePorts.Append(CultureInfo.InvariantCulture, $"-A {prefix}-NODEPORTS{Destination(port.HostIp)} -p {port.Protocol} --dport {port.Port} -j DNAT --to-destination {port.Target}\n");
            foreach (var mapping in node.MappingsTo(port.Protocol, port.Port))
                nodePorts.Append(CultureInfo.InvariantCulture, $"-A {prefix}-NODEPORTS{Destination(mapping.ListenAddress)} -p {port.Protocol} --dport {mapping.HostPort} -j DNAT --to-destination {port.Target}\n");
            endpoints.Add(port.Target.Ip);
        }

        rules.Append(CultureInfo.InvariantCulture, $"-A {prefix}-SERVICES -m addrtype --dst-type LOCAL -j {prefix}-NODEPORTS\n");
        rules.Append(nodePorts);
        AppendMasquerading(rules, node, endpoints);

        var text = new StringBuilder("*nat\n");
        foreach (var chain in chains) text.Append($":{chain} - [0:0]\n");
        var stale = present.Except(chains).Order(StringComparer.Ordinal).ToList();
        foreach (var chain in stale) text.Append($":{chain} - [0:0]\n");
        text.Append(rules);
        foreach (var chain in stale) text.Append($"-X {chain}\n");
        text.Append("COMMIT\n*filter\n");
        foreach (var chain in (string[])["INPUT", "FORWARD", "OUTPUT"]) text.Append($":{prefix}-{chain} - [0:0]\n");

        // Loopback of the host can be reached through a service or a host port, but not by pods that address it themselves.
        text.Append($"-A {prefix}-INPUT -i {network.Bridge} -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP\n");

        // What is still addressed to a service here has no endpoint.
        text.Append($"-A {prefix}-INPUT -d {network.ServiceSubnet} -j REJECT\n");
        text.Append($"-A {prefix}-FORWARD -d {network.ServiceSubnet} -j REJECT\n");
        text.Append($"-A {prefix}-OUTPUT -d {network.ServiceSubnet} -j REJECT\n");
        text.Append($"-A {prefix}-FORWARD -i {network.Bridge} -j ACCEPT\n");
        text.Append($"-A {prefix}-FORWARD -o {network.Bridge} -j ACCEPT\n");
        return text.Append("COMMIT\n").ToString();
    }

    private static string Destination(string? address) => address is null ? "" : $" -d {address}/32";

    /// <summary>Brings rules onto the host, and enters them from the built-in chains where that is not done yet.</summary>
    /// <exception cref="InvalidOperationException">iptables refused; the message has its words.</exception>
    public static async Task ApplyAsync(string rules, ClusterNetwork network, CancellationToken cancellation)
    {
        var (code, _, error) = await HostCommand.RunAsync("iptables-restore", ["--wait", "5", "--noflush"], rules, cancellation).ConfigureAwait(false);
        if (code != 0) throw new InvalidOperationException($"iptables-restore: {error.Trim()}");
        foreach (var (table, from, to) in Jumps(network))
        {
            if ((await IptablesAsync(["-t", table, "-C", from, "-j", to], cancellation).ConfigureAwait(false)).ExitCode == 0) continue;
            var inserted = await IptablesAsync(["-t", table, "-I", from, "-j", to], cancellation).ConfigureAwait(false);
            if (inserted.ExitCode != 0) throw new InvalidOperationException($"iptables: {inserted.Error.Trim()}");
        }
    }

    /// <summary>The cluster's chains of a table that exist on the host.</summary>
    public static async Task<IReadOnlySet<string>> PresentChainsAsync(ClusterNetwork network, string table, CancellationToken cancellation)
    {
        var (_, output, _) = await HostCommand.RunAsync("iptables-save", ["-t", table], null, cancellation).ConfigureAwait(false);
        return output.Split('\n')
            .Where(line => line.StartsWith($":{network.ChainPrefix}-", StringComparison.Ordinal))
            .Select(line => line[1..line.IndexOf(' ')])
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Takes all of the cluster's rules off the host.</summary>
    public static async Task RemoveAsync(ClusterNetwork network)
    {
        foreach (var (table, from, to) in Jumps(network))
        {
            while ((await IptablesAsync(["-t", table, "-D", from, "-j", to], CancellationToken.None).ConfigureAwait(false)).ExitCode == 0)
            {
                // Once more, should it have been inserted twice.
            }
        }

        foreach (var table in (string[])["nat", "filter"])
        {
            var chains = await PresentChainsAsync(network, table, CancellationToken.None).ConfigureAwait(false);
            if (chains.Count == 0) continue;
            var text = new StringBuilder($"*{table}\n");
            foreach (var chain in chains) text.Append($":{chain} - [0:0]\n");
            foreach (var chain in chains) text.Append($"-X {chain}\n");
            await HostCommand.RunAsync("iptables-restore", ["--wait", "5", "--noflush"], text.Append("COMMIT\n").ToString()).ConfigureAwait(false);
        }
    }

    private static void AppendBalancing(StringBuilder rules, string prefix, string chain, ServicePort service, List<string> chains)
    {
        var targets = service.Endpoints.Select(e => $"DNAT --to-destination {e}").ToList();
        if (service.AffinitySeconds is { } seconds)
        {
            // Each endpoint remembers its clients; a client it remembers is not balanced again.
            for (var i = 0; i < targets.Count; i++)
            {
                var endpointChain = ChainName(prefix, "SEP", $"{service.Name}/{service.Protocol}/{service.Endpoints[i]}");
                chains.Add(endpointChain);
                rules.Append(CultureInfo.InvariantCulture, $"-A {chain} -m recent --name {endpointChain} --rcheck --seconds {seconds} --reap -j {endpointChain}\n");
                rules.Append(CultureInfo.InvariantCulture, $"-A {endpointChain} -p {service.Protocol} -m recent --name {endpointChain} --set -j {targets[i]}\n");
                targets[i] = endpointChain;
            }
        }

        for (var i = 0; i < targets.Count; i++)
        {
            var left = targets.Count - i;
            var chance = left == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {1.0 / left:0.0000000000}");
            rules.Append($"-A {chain} -p {service.Protocol}{chance} -j {targets[i]}\n");
        }
    }

    private static void AppendMasquerading(StringBuilder rules, NodeRouting node, IEnumerable<string> endpoints)
    {
        var chain = node.Network.ChainPrefix + "-POSTROUTING";
        var pods = node.Network.PodSubnet;
        if (node.BridgeIsFiltered)
        {
            // A pod that reaches itself through a service must see its answer come from elsewhere.
            foreach (var ip in endpoints.Where(ip => pods.Contains(System.Net.IPAddress.Parse(ip)))) rules.Append($"-A {chain} -s {ip}/32 -d {ip}/32 -j MASQUERADE\n");
        }
        else
        {
            rules.Append($"-A {chain} -s {pods} -d {pods} -m conntrack --ctstate DNAT -j MASQUERADE\n");
        }

        rules.Append($"-A {chain} -s 127.0.0.0/8 -o {node.Network.Bridge} -j MASQUERADE\n");
        rules.Append($"-A {chain} -s {pods} -d 224.0.0.0/4 -j RETURN\n");
        rules.Append($"-A {chain} -s {pods} ! -d {pods} ! -o lo -j MASQUERADE\n");
    }

    private static Task<(int ExitCode, string Output, string Error)> IptablesAsync(string[] arguments, CancellationToken cancellation) =>
        HostCommand.RunAsync("iptables", ["--wait", "5", .. arguments], null, cancellation);

    /// <summary>A chain's name has at most 28 characters, so what it stands for is hashed.</summary>
    private static string ChainName(string prefix, string kind, string what)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(what));
        return $"{prefix}-{kind}-{string.Concat(hash.Take(12).Select(b => Base32[b & 31]))}";
    }
}
