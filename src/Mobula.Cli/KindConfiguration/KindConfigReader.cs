using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mobula.Node;
using YamlDotNet.RepresentationModel;

namespace Mobula.Cli.KindConfiguration;

/// <summary>
/// Reads kind's configuration file. What kind knows and this cluster has no use for is told as a warning with its place;
/// what kind does not know either is an error.
/// </summary>
internal sealed class KindConfigReader
{
    private readonly YamlSource _source;
    private readonly List<string> _warnings = [];
    private readonly ClusterConfigurationPatches _patches;

    private KindConfigReader(string file)
    {
        _source = new(file);
        _patches = new(_source, _warnings);
    }

    /// <summary>Reads a configuration.</summary>
    /// <param name="file">The name of the file, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="UsageException">The text is no such configuration.</exception>
    public static (KindConfig Config, IReadOnlyList<string> Warnings) Read(string file, string text)
    {
        var reader = new KindConfigReader(file);
        return (reader.ReadDocument(text), reader._warnings);
    }

    private KindConfig ReadDocument(string text)
    {
        var documents = _source.Parse(text);
        if (documents.Count != 1) throw new UsageException($"{_source.File}: one document is expected, of kind Cluster (kind.x-k8s.io/v1alpha4)");
        var config = new KindConfig();
        string? kind = null, apiVersion = null;
        foreach (var (name, key, value) in _source.Members(documents[0], "the configuration"))
        {
            switch (name)
            {
                case "kind": kind = _source.Text(value, name); break;
                case "apiVersion": apiVersion = _source.Text(value, name); break;
                case "name": config = config with { Name = _source.Text(value, name) }; break;
                case "networking": config = ReadNetworking(config, value); break;
                case "nodes": config = config with { Nodes = ReadNodes(value) }; break;
                case "kubeadmConfigPatches": _patches.Read(value, name); break;
                case "featureGates" or "runtimeConfig" or "kubeadmConfigPatchesJSON6902" or "containerdConfigPatches" or "containerdConfigPatchesJSON6902":
                    Ignore(key, name);
                    break;
                default: throw _source.Error(key, $"unknown field \"{name}\"");
            }
        }
        if (kind != "Cluster" || apiVersion != "kind.x-k8s.io/v1alpha4")
        {
            throw _source.Error(documents[0], $"kind: Cluster with apiVersion: kind.x-k8s.io/v1alpha4 is expected, not kind: {kind ?? "(none)"} with apiVersion: {apiVersion ?? "(none)"}");
        }
        return config with { ApiServerFlags = _patches.Flags, ApiServerVolumes = _patches.Volumes };
    }

    private KindConfig ReadNetworking(KindConfig config, YamlNode node)
    {
        foreach (var (name, key, value) in _source.Members(node, "networking"))
        {
            var path = $"networking.{name}";
            switch (name)
            {
                case "apiServerAddress": config = config with { ApiServerAddress = _source.Text(value, path) }; break;
                case "apiServerPort": config = config with { ApiServerPort = ReadPort(value, path) }; break;
                case "ipFamily" when _source.Text(value, path) == "ipv4": break;
                case "kubeProxyMode" when _source.Text(value, path) == "iptables": break;
                case "disableDefaultCNI" when !_source.Flag(value, path): break;
                case "podSubnet" or "serviceSubnet":
                    _warnings.Add($"{_source.Place(key)}: {path} is ignored: each cluster of this machine has networks of its own");
                    break;
                case "ipFamily" or "kubeProxyMode" or "disableDefaultCNI" or "dnsSearch": Ignore(key, path); break;
                default: throw _source.Error(key, $"unknown field \"{path}\"");
            }
        }
        return config;
    }

    private int? ReadPort(YamlNode node, string path)
    {
        if (!int.TryParse(_source.Text(node, path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var port) || port is < -1 or > 65535)
        {
            throw _source.Error(node, $"{path} must be a port (1 to 65535), or 0 for any");
        }
        return port <= 0 ? null : port;
    }

    private IReadOnlyList<KindNode> ReadNodes(YamlNode list)
    {
        var nodes = _source.Items(list, "nodes").Select(ReadNode).ToList();
        if (nodes.Count == 0) return [KindNode.ControlPlane];
        return nodes.Count(n => n.IsControlPlane) switch
        {
            0 => throw _source.Error(list, "nodes must name a control-plane"),
            1 => nodes,
            _ => throw _source.Error(list, "one control-plane is supported: leave one, or make the others workers"),
        };
    }

    private KindNode ReadNode(YamlNode node, int index)
    {
        var result = KindNode.ControlPlane;
        foreach (var (name, key, value) in _source.Members(node, $"nodes[{index}]"))
        {
            var path = $"nodes[{index}].{name}";
            switch (name)
            {
                case "role":
                    result = result with
                    {
                        IsControlPlane = _source.Text(value, path) switch
                        {
                            "control-plane" => true,
                            "worker" => false,
                            var other => throw _source.Error(value, $"{path} must be control-plane or worker, not \"{other}\""),
                        },
                    };
                    break;
                case "image": result = result with { Image = _source.Text(value, path) }; break;
                case "labels": result = result with { Labels = _source.Members(value, path).ToDictionary(m => m.Name, m => _source.Text(m.Value, path)) }; break;
                case "extraMounts": result = result with { ExtraMounts = ReadMounts(value, path) }; break;
                case "kubeadmConfigPatches": _patches.Read(value, path); break;
                case "extraPortMappings": result = result with { PortMappings = ReadPortMappings(value, path) }; break;
                case "kubeadmConfigPatchesJSON6902": Ignore(key, path); break;
                default: throw _source.Error(key, $"unknown field \"{path}\"");
            }
        }
        return result;
    }

    private IReadOnlyList<NodePortMapping> ReadPortMappings(YamlNode list, string path)
    {
        var mappings = new List<NodePortMapping>();
        foreach (var (item, i) in _source.Items(list, path).Select((item, i) => (item, i)))
        {
            int? hostPort = null, containerPort = null;
            var protocol = "tcp";
            string? address = null;
            foreach (var (name, key, value) in _source.Members(item, $"{path}[{i}]"))
            {
                var field = $"{path}[{i}].{name}";
                switch (name)
                {
                    case "hostPort": hostPort = ReadPort(value, field); break;
                    case "containerPort": containerPort = ReadPort(value, field); break;
                    case "listenAddress": address = ReadListenAddress(value, field); break;
                    case "protocol":
                        protocol = _source.Text(value, field).ToLowerInvariant();
                        if (protocol is not ("tcp" or "udp" or "sctp")) throw _source.Error(value, $"{field} must be TCP, UDP or SCTP");
                        break;
                    default: throw _source.Error(key, $"unknown field \"{field}\"");
                }
            }
            if (containerPort is not { } target) throw _source.Error(item, $"{path}[{i}] needs containerPort");
            if (hostPort is { } port) mappings.Add(new(protocol, port, target, address));
            else _warnings.Add($"{_source.Place(item)}: {path}[{i}] names no hostPort: the port is {target} on the host too");
        }
        return mappings;
    }

    private string? ReadListenAddress(YamlNode node, string path)
    {
        var text = _source.Text(node, path);
        if (!IPAddress.TryParse(text, out var address)) throw _source.Error(node, $"{path}: \"{text}\" is no IP address");
        if (address.AddressFamily == AddressFamily.InterNetwork) return address.Equals(IPAddress.Any) ? null : text;
        _warnings.Add($"{_source.Place(node)}: {path} is ignored: there is no IPv6 here, and the port is reached at all IPv4 addresses");
        return null;
    }

    private IReadOnlyList<PathMount> ReadMounts(YamlNode list, string path)
    {
        var mounts = new List<PathMount>();
        foreach (var (item, i) in _source.Items(list, path).Select((item, i) => (item, i)))
        {
            string? hostPath = null, containerPath = null;
            var readOnly = false;
            foreach (var (name, key, value) in _source.Members(item, $"{path}[{i}]"))
            {
                var field = $"{path}[{i}].{name}";
                switch (name)
                {
                    case "hostPath": hostPath = _source.Text(value, field); break;
                    case "containerPath": containerPath = _source.Text(value, field); break;
                    case "readOnly": readOnly = _source.Flag(value, field); break;
                    case "selinuxRelabel" or "propagation": Ignore(key, field); break;
                    default: throw _source.Error(key, $"unknown field \"{field}\"");
                }
            }
            if (hostPath is null || containerPath is null) throw _source.Error(item, $"{path}[{i}] needs hostPath and containerPath");
            mounts.Add(new(hostPath, containerPath, readOnly));
        }
        return mounts;
    }

    private void Ignore(YamlNode key, string path) => _warnings.Add($"{_source.Place(key)}: {path} has no meaning here and is ignored");
}
