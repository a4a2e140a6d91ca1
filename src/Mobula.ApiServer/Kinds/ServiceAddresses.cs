using System.Buffers.Binary;
using System.Net;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Kinds;

/// <summary>Gives addresses of the cluster's range and node ports to Services. What is taken is read from the Services themselves.</summary>
internal sealed class ServiceAddresses
{
    private readonly Lock _gate = new();
    private readonly IPNetwork _range;
    private readonly (int First, int Last) _ports;
    private static readonly TimeSpan WriteTime = TimeSpan.FromMinutes(1);

    private readonly HashSet<uint> _takenAddresses = [];
    private readonly HashSet<int> _takenPorts = [];

    /// <summary>What was given to writes that are not committed: they may still fail, and then nobody has it.</summary>
    private readonly List<(DateTimeOffset Until, uint? Address, int? Port)> _promised = [];

    public ServiceAddresses(ObjectStore store, IPNetwork range, (int First, int Last) ports)
    {
        _range = range;
        _ports = ports;
        foreach (var stored in store.List("services").Objects.Values) Take(stored.Parse());
    }

    /// <summary>Fills in the address and the node ports that a Service lacks; what it names must be free.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="old">The Service before; null for a new one.</param>
    /// <param name="context">A dry run takes nothing.</param>
    public void Assign(JsonObject service, JsonObject? old, WriteContext context)
    {
        var spec = service.Ensure("spec");
        if (spec.Text("type") == "ExternalName") return;
        lock (_gate)
        {
            ForgetOldPromises(context.Now);
            AssignAddress(service, spec, old, context);
            AssignPorts(service, spec, old, context);
        }
    }

    /// <summary>Frees what a Service no longer has, and holds what it has.</summary>
    public void Committed(JsonObject? service, JsonObject? old)
    {
        lock (_gate)
        {
            if (old is not null) Free(old);
            if (service is not null) Take(service);
        }
    }

    private bool IsTaken(uint address) => _takenAddresses.Contains(address) || _promised.Any(p => p.Address == address);

    private void Promise(uint? address, int? port, DateTimeOffset now)
    {
        if (address is { } a && _takenAddresses.Contains(a)) return;
        if (port is { } p && _takenPorts.Contains(p)) return;
        _promised.Add((now + WriteTime, address, port));
    }

    private void ForgetOldPromises(DateTimeOffset now)
    {
        _promised.RemoveAll(p => p.Until < now);
    }

    private void AssignAddress(JsonObject service, JsonObject spec, JsonObject? old, WriteContext context)
    {
        var address = spec.Text("clusterIP") ?? spec.Texts("clusterIPs").FirstOrDefault() ?? "";
        if (address.Length == 0)
        {
            address = Next().ToString();
        }
        else if (address != "None" && address != old?.Text("spec", "clusterIP"))
        {
            Check(service, address);
        }
        spec["clusterIP"] = address;
        spec["clusterIPs"] = new JsonArray(address);
        if (address != "None")
        {
            spec["ipFamilies"] ??= new JsonArray("IPv4");
            spec["ipFamilyPolicy"] ??= "SingleStack";
            if (!context.IsDryRun) Promise(Number(IPAddress.Parse(address)), null, context.Now);
        }
        else if (spec.Object("selector") is { Count: > 0 })
        {
            spec["ipFamilies"] ??= new JsonArray("IPv4");
            spec["ipFamilyPolicy"] ??= "SingleStack";
        }
        else
        {
            // Without a selector nobody knows the families: all that there may be.
            spec["ipFamilies"] ??= new JsonArray("IPv4", "IPv6");
            spec["ipFamilyPolicy"] ??= "RequireDualStack";
        }
    }

    private void AssignPorts(JsonObject service, JsonObject spec, JsonObject? old, WriteContext context)
    {
        if (!(spec.Text("type") == "NodePort" || (spec.Text("type") == "LoadBalancer" && spec.Flag("allocateLoadBalancerNodePorts") != false))) return;
        foreach (var (i, port) in spec.Objects("ports").Index())
        {
            var present = old?.Objects("spec", "ports").FirstOrDefault(p => p.Integer("port") == port.Integer("port") && p.Text("protocol") == port.Text("protocol"))?.Integer("nodePort");
            if (port.Integer("nodePort") is not { } wanted || wanted == 0)
            {
                port["nodePort"] = present ?? (context.IsDryRun ? DummyPort(spec) : NextPort());
            }
            else if (wanted != present && !(old?.Objects("spec", "ports").Any(p => p.Integer("nodePort") == wanted) ?? false))
            {
                var path = FieldPath.Of("spec", "ports").Index(i).Child("nodePort");
                if (wanted < _ports.First || wanted > _ports.Last) Refuse(service, FieldError.Invalid(path, wanted, $"provided port is not in the valid range. The range of valid ports is {_ports.First}-{_ports.Last}"));
                if (_takenPorts.Contains((int)wanted) || _promised.Any(p => p.Port == wanted)) Refuse(service, FieldError.Invalid(path, wanted, "provided port is already allocated"));
            }
            if (!context.IsDryRun) Promise(null, (int)port.Integer("nodePort")!.Value, context.Now);
        }
    }

    private void Check(JsonObject service, string address)
    {
        var path = FieldPath.Of("spec", "clusterIPs");
        var value = new JsonArray(address);
        if (!IPAddress.TryParse(address, out var parsed)) Refuse(service, FieldError.Invalid(path.Index(0), address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
        if (!_range.Contains(parsed!)) Refuse(service, FieldError.Invalid(path, value, $"failed to allocate IP {address}: the provided network does not match the current range"));
        if (IsTaken(Number(parsed!))) Refuse(service, FieldError.Invalid(path, value, $"failed to allocate IP {address}: provided IP is already allocated"));
    }

    private static void Refuse(JsonObject service, FieldError error) => throw StatusException.Invalid(new("", "v1", "Service"), service.Name, [error]);

    private IPAddress Next()
    {
        var size = 1u << (32 - _range.PrefixLength);
        var start = Number(_range.BaseAddress);
        // The low part is left to those who choose an address themselves.
        var low = Math.Min(256u, size / 16);
        for (var i = 0u; i < size; i++)
        {
            var offset = low + ((uint)Random.Shared.Next((int)(size - low)) + i) % (size - low);
            if (offset > 0 && offset < size - 1 && !IsTaken(start + offset)) return Address(start + offset);
        }
        throw StatusException.InternalError("failed to allocate a serviceIP: range is full");
    }

    /// <summary>What a dry run shows, as it takes no port: the one after the greatest that the Service names.</summary>
    private static long DummyPort(JsonObject spec) => Math.Max(spec.Objects("ports").Max(p => p.Integer("nodePort") ?? 0), 0) is > 0 and var last ? last + 1 : 32769;

    private int NextPort()
    {
        var count = _ports.Last - _ports.First + 1;
        var at = Random.Shared.Next(count);
        for (var i = 0; i < count; i++)
        {
            var port = _ports.First + (at + i) % count;
            if (!_takenPorts.Contains(port) && !_promised.Any(p => p.Port == port)) return port;
        }
        throw StatusException.InternalError("failed to allocate a nodePort: range is full");
    }

    private void Take(JsonObject service)
    {
        if (AddressOf(service) is { } address)
        {
            _takenAddresses.Add(address);
            _promised.RemoveAll(p => p.Address == address);
        }
        foreach (var port in PortsOf(service))
        {
            _takenPorts.Add(port);
            _promised.RemoveAll(p => p.Port == port);
        }
    }

    private void Free(JsonObject service)
    {
        if (AddressOf(service) is { } address) _takenAddresses.Remove(address);
        foreach (var port in PortsOf(service)) _takenPorts.Remove(port);
    }

    private static uint? AddressOf(JsonObject service) => IPAddress.TryParse(service.Text("spec", "clusterIP"), out var address) ? Number(address) : null;

    private static IEnumerable<int> PortsOf(JsonObject service) => service.Objects("spec", "ports").Select(p => (int)(p.Integer("nodePort") ?? 0)).Where(p => p > 0);

    private static uint Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.MapToIPv4().GetAddressBytes());

    private static IPAddress Address(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new(bytes);
    }
}
