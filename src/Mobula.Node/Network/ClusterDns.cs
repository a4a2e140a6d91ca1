using System.Net;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Network;

/// <summary>
/// The names of the cluster's domain, as the Kubernetes DNS specification has them: services, headless services and their pods, named
/// ports, and pods by address. A value made from the cluster's objects; answering is a look-up.
/// </summary>
internal sealed class ClusterDns
{
    private readonly string _domain;
    private readonly Dictionary<string, List<DnsRecord>> _records = new(StringComparer.Ordinal);
    private readonly HashSet<string> _parents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _namespaces = new(StringComparer.Ordinal);

    private ClusterDns(string domain) => _domain = domain;

    /// <summary>The names of the services.</summary>
    /// <param name="domain">The cluster's domain, for example <c>cluster.local</c>.</param>
    /// <param name="services">All services of the cluster.</param>
    /// <param name="slices">All EndpointSlices of the cluster.</param>
    public static ClusterDns From(string domain, IEnumerable<JsonObject> services, IEnumerable<JsonObject> slices)
    {
        var dns = new ClusterDns(domain);
        var slicesOf = slices
            .Where(s => (s.Text("addressType") ?? "IPv4") == "IPv4")
            .ToLookup(s => (s.Namespace, s.Text("metadata", "labels", "kubernetes.io/service-name") ?? ""));
        foreach (var service in services) dns.Add(service, slicesOf[(service.Namespace, service.Name)]);
        return dns;
    }

    /// <summary>The answer; null when the name is none of the cluster's and somebody else is to be asked.</summary>
    public DnsAnswer? Answer(string name, DnsType type)
    {
        if (_records.TryGetValue(name, out var records))
        {
            var fitting = records.Where(r => r.Type == type || r.Type == DnsType.Cname || type == DnsType.Any).ToList();
            if (fitting.Count == 0) return DnsAnswer.NoData;
            var targets = fitting.OfType<ServiceRecord>().Select(s => s.Target).Distinct();
            var additional = targets.SelectMany(t => _records.GetValueOrDefault(t) ?? []).OfType<AddressRecord>().ToList<DnsRecord>();
            return new DnsAnswer(DnsResponseCode.NoError, fitting, additional);
        }

        if (!IsBelow(name, _domain)) return null;
        if (name == _domain || _parents.Contains(name)) return DnsAnswer.NoData;
        return PodAddress(name) is { } address
            ? type is DnsType.A or DnsType.Any ? DnsAnswer.Of(new AddressRecord(name, address)) : DnsAnswer.NoData
            : DnsAnswer.NoSuchName;
    }

    private static bool IsBelow(string name, string domain) => name == domain || name.EndsWith("." + domain, StringComparison.Ordinal);

    /// <summary><c>10-244-0-5.NAMESPACE.pod.DOMAIN</c> says its own answer.</summary>
    private IPAddress? PodAddress(string name)
    {
        var suffix = ".pod." + _domain;
        if (!name.EndsWith(suffix, StringComparison.Ordinal)) return null;
        return name[..^suffix.Length].Split('.') is [var ip, var ns] && _namespaces.Contains(ns) && IPAddress.TryParse(ip.Replace('-', '.'), out var address) ? address : null;
    }

    private void Add(JsonObject service, IEnumerable<JsonObject> slices)
    {
        _namespaces.Add(service.Namespace ?? "");
        var name = $"{service.Name}.{service.Namespace}.svc.{_domain}";
        if (service.Text("spec", "type") == "ExternalName")
        {
            if (service.Text("spec", "externalName") is { Length: > 0 } external) Add(new NameRecord(name, DnsType.Cname, external.TrimEnd('.').ToLowerInvariant()));
            return;
        }

        if (IPAddress.TryParse(service.Text("spec", "clusterIP"), out var clusterIp) && clusterIp.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            Add(new AddressRecord(name, clusterIp));
            Add(new NameRecord(Reverse(clusterIp), DnsType.Ptr, name));
            foreach (var port in service.Objects("spec", "ports")) AddPort(port, name, name);
        }
        else if (service.Text("spec", "clusterIP") == "None")
        {
            AddHeadless(name, slices);
        }
    }

    private void AddHeadless(string name, IEnumerable<JsonObject> slices)
    {
        // The service is there even while it has no endpoint.
        _records.TryAdd(name, []);
        AddParents(name);
        foreach (var slice in slices)
        {
            foreach (var endpoint in slice.Objects("endpoints"))
            {
                if ((bool?)endpoint["conditions"]?["ready"] == false || endpoint["addresses"] is not JsonArray addresses) continue;
                foreach (var text in addresses)
                {
                    if (!IPAddress.TryParse((string?)text, out var address)) continue;
                    var host = $"{endpoint.Text("hostname") ?? address.ToString().Replace('.', '-')}.{name}";
                    Add(new AddressRecord(name, address));
                    Add(new AddressRecord(host, address));
                    Add(new NameRecord(Reverse(address), DnsType.Ptr, host));
                    foreach (var port in slice.Objects("ports")) AddPort(port, name, host);
                }
            }
        }
    }

    private void AddPort(JsonObject port, string service, string target)
    {
        if (port.Text("name") is not { Length: > 0 } name || (int?)port["port"] is not { } number) return;
        Add(new ServiceRecord($"_{name}._{(port.Text("protocol") ?? "TCP").ToLowerInvariant()}.{service}", number, target));
    }

    private void Add(DnsRecord record)
    {
        if (!_records.TryGetValue(record.Name, out var records))
        {
            _records[record.Name] = records = [];
            AddParents(record.Name);
        }

        if (!records.Contains(record)) records.Add(record);
    }

    /// <summary>A name with names below it exists too.</summary>
    private void AddParents(string name)
    {
        for (var dot = name.IndexOf('.'); dot > 0; dot = name.IndexOf('.', dot + 1))
        {
            if (!IsBelow(name[(dot + 1)..], _domain) || !_parents.Add(name[(dot + 1)..])) return;
        }
    }

    private static string Reverse(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return $"{bytes[3]}.{bytes[2]}.{bytes[1]}.{bytes[0]}.in-addr.arpa";
    }
}
