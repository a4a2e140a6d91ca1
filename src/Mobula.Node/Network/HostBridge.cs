namespace Mobula.Node.Network;

/// <summary>The bridge between the host and its pods.</summary>
internal static class HostBridge
{
    private const string BridgeFilter = "/proc/sys/net/bridge/bridge-nf-call-iptables";

    /// <summary>
    /// Makes the bridge, gives it the pods' gateway address, and routes the service range to it: packets to a service must have
    /// somewhere to go before they are rewritten.
    /// </summary>
    /// <returns>Whether traffic between pods passes iptables.</returns>
    /// <exception cref="InvalidOperationException">The host refused; the message says what.</exception>
    public static async Task<bool> SetUpAsync(ClusterNetwork network, CancellationToken cancellation)
    {
        if (!Directory.Exists($"/sys/class/net/{network.Bridge}"))
        {
            // An address of its own: else the bridge takes that of its first port, and changes it when that port goes.
            var gateway = network.Gateway.GetAddressBytes();
            var hardware = $"0a:58:{gateway[0]:x2}:{gateway[1]:x2}:{gateway[2]:x2}:{gateway[3]:x2}";
            await IpAsync(cancellation, "link", "add", network.Bridge, "address", hardware, "type", "bridge").ConfigureAwait(false);
        }

        await IpAsync(cancellation, "address", "replace", $"{network.Gateway}/{network.PodSubnet.PrefixLength}", "dev", network.Bridge).ConfigureAwait(false);
        await IpAsync(cancellation, "link", "set", network.Bridge, "up").ConfigureAwait(false);
        await IpAsync(cancellation, "route", "replace", network.ServiceSubnet.ToString(), "dev", network.Bridge, "src", network.Gateway.ToString()).ConfigureAwait(false);
        await File.WriteAllTextAsync("/proc/sys/net/ipv4/ip_forward", "1", cancellation).ConfigureAwait(false);

        // For services that lead to the host's loopback address, where the API server listens. The rules keep pods from
        // going there by themselves.
        await File.WriteAllTextAsync($"/proc/sys/net/ipv4/conf/{network.Bridge}/route_localnet", "1", cancellation).ConfigureAwait(false);
        if (!File.Exists(BridgeFilter)) return false;
        await File.WriteAllTextAsync(BridgeFilter, "1", cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>Gives the bridge one more address: that of another node on this host.</summary>
    /// <exception cref="InvalidOperationException">The host refused; the message says what.</exception>
    public static Task AddAddressAsync(ClusterNetwork network, System.Net.IPAddress address, CancellationToken cancellation) =>
        IpAsync(cancellation, "address", "replace", $"{address}/{network.PodSubnet.PrefixLength}", "dev", network.Bridge);

    private static async Task IpAsync(CancellationToken cancellation, params string[] arguments)
    {
        var (code, _, error) = await HostCommand.RunAsync("ip", arguments, null, cancellation).ConfigureAwait(false);
        if (code != 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {error.Trim()}");
    }
}
