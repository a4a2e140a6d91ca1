using System.Net;
using System.Net.Sockets;

namespace Mobula.Cli.Clusters;

/// <summary>What a cluster needs of the machine, looked at before anything is made.</summary>
internal static class ClusterPrerequisites
{
    /// <summary>Checks for root and the container tools.</summary>
    /// <exception cref="UsageException">Something is missing; the message says how to get it.</exception>
    public static void CheckForNodes()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new UsageException("running pods as containers takes root.\nRun it with sudo, or run a control plane alone:  mobula create cluster --node none");
        }
        if (Missing() is { Length: > 0 } missing)
        {
            throw new UsageException(
                $"{missing} not installed. Install what nodes need (Debian: apt-get install containerd runc containernetworking-plugins iptables),\nor run a control plane alone:  mobula create cluster --node none");
        }
    }

    /// <summary>A port of an address that nobody listens on; checks the one asked for.</summary>
    /// <param name="address">Where to listen.</param>
    /// <param name="port">1 to 65535, or 0 for any.</param>
    /// <exception cref="UsageException">The port is in use.</exception>
    public static int FreePort(string address, int port)
    {
        if (!IPAddress.TryParse(address, out var ip)) throw new UsageException($"networking.apiServerAddress: \"{address}\" is no IP address");
        try
        {
            using var listener = new TcpListener(ip, port);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new UsageException($"port {port} of {address} is in use.\nChoose another with --port, or leave it out for a free one.");
        }
        catch (SocketException e)
        {
            throw new UsageException($"cannot listen on {address}:{port}: {e.Message}");
        }
    }

    private static string Missing()
    {
        var missing = new[] { "containerd", "runc", "iptables" }.Where(c => !IsOnPath(c)).ToList();
        if (!File.Exists("/usr/lib/cni/bridge")) missing.Add("the CNI plugins (/usr/lib/cni)");
        return missing.Count == 0 ? "" : $"{string.Join(", ", missing)} {(missing.Count == 1 && !missing[0].EndsWith(')') ? "is" : "are")}";
    }

    /// <summary>Whether a command is on the PATH, or a path that exists.</summary>
    public static bool IsOnPath(string command) => command.Contains('/') ? File.Exists(command) :
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin").Any(d => d.Length > 0 && File.Exists(Path.Combine(d, command)));
}
