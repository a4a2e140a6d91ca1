using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Where Services lead: EndpointSlices, and the older Endpoints.</summary>
internal static class EndpointsValidation
{
    private const int MaxAddresses = 100;
    private const int MaxEndpoints = 1000;

    public static void Endpoints(JsonObject o, FieldErrors errors)
    {
        foreach (var (i, subset) in o.Objects("subsets").Index())
        {
            var path = FieldPath.Of("subsets").Index(i);
            if (subset.List("addresses") is not { Count: > 0 } && subset.List("notReadyAddresses") is not { Count: > 0 }) errors.Required(path, "must specify `addresses` or `notReadyAddresses`");
            foreach (var list in new[] { "addresses", "notReadyAddresses" })
            {
                foreach (var (j, address) in subset.Objects(list).Index()) Address(address, path.Child(list).Index(j), errors);
            }
            var ports = subset.Objects("ports").ToList();
            foreach (var (j, port) in ports.Index()) EndpointPort(port, ports.Count > 1, path.Child("ports").Index(j), errors);
        }
    }

    public static void EndpointsDefaults(JsonObject o)
    {
        foreach (var port in o.Objects("subsets").SelectMany(s => s.Objects("ports")).Where(p => string.IsNullOrEmpty(p.Text("protocol")))) port["protocol"] = "TCP";
    }

    public static void Slice(JsonObject o, FieldErrors errors)
    {
        var type = o.Text("addressType") ?? "";
        if (type.Length == 0) errors.Required(FieldPath.Of("addressType"));
        else errors.OneOfTop(o, "addressType", "FQDN", "IPv4", "IPv6");
        SlicePorts(o, errors);
        var endpoints = o.Objects("endpoints").ToList();
        if (endpoints.Count > MaxEndpoints) errors.Add(FieldError.TooMany(FieldPath.Of("endpoints"), endpoints.Count, MaxEndpoints));
        else foreach (var (i, endpoint) in endpoints.Index()) Endpoint(endpoint, type, FieldPath.Of("endpoints").Index(i), errors);
        // Required by the schema: looked at after the rest.
        foreach (var (i, endpoint) in endpoints.Index()) if (endpoint.List("addresses") is not { Count: > 0 }) errors.Required(FieldPath.Of("endpoints").Index(i).Child("addresses"));
    }

    public static void SliceDefaults(JsonObject o)
    {
        foreach (var port in o.Objects("ports"))
        {
            port["name"] ??= "";
            port["protocol"] ??= "TCP";
        }
    }

    public static void SliceUpdate(JsonObject o, JsonObject old, FieldErrors errors)
    {
        if (o.Text("addressType") != old.Text("addressType")) errors.Invalid(FieldPath.Of("addressType"), o["addressType"], "field is immutable");
    }

    public static IEnumerable<string> SliceAdvice(JsonObject o)
    {
        if (o.Text("addressType") == "FQDN") yield return "spec.addressType: FQDN endpoints are deprecated";
    }

    private static void Address(JsonObject address, FieldPath path, FieldErrors errors)
    {
        var ip = address.Text("ip") ?? "";
        if (!FieldRules.IsIp(ip)) errors.Invalid(path.Child("ip"), ip, FieldRules.MustBeIp);
        if (address.Text("hostname") is { Length: > 0 } host) errors.Invalid(path.Child("hostname"), host, NameValidation.IsDns1123Label(host));
        if (address.Text("nodeName") is { } node) errors.Invalid(path.Child("nodeName"), node, NameValidation.IsDns1123Subdomain(node));
        SpecialAddress(ip, path.Child("ip"), errors);
    }

    private static void SpecialAddress(string ip, FieldPath path, FieldErrors errors)
    {
        if (!FieldRules.IsIp(ip))
        {
            errors.Invalid(path, ip, "must be a valid IP address");
            return;
        }
        var address = System.Net.IPAddress.Parse(ip);
        var bytes = address.GetAddressBytes();
        if (address.Equals(System.Net.IPAddress.Any) || address.Equals(System.Net.IPAddress.IPv6Any)) errors.Invalid(path, ip, $"may not be unspecified ({ip})");
        // Upstream also refuses the loopback range; here the server and the nodes may well listen there.
        if (address.IsIPv6LinkLocal || (bytes.Length == 4 && bytes[0] == 169 && bytes[1] == 254)) errors.Invalid(path, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        if ((bytes.Length == 4 && bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0) || (bytes.Length == 16 && bytes[0] == 0xff && bytes[1] == 2)) errors.Invalid(path, ip, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }

    private static void EndpointPort(JsonObject port, bool named, FieldPath path, FieldErrors errors)
    {
        if (named && string.IsNullOrEmpty(port.Text("name"))) errors.Required(path.Child("name"));
        else if (port.Text("name") is { Length: > 0 } name) errors.Invalid(path.Child("name"), name, NameValidation.IsDns1123Label(name));
        var number = port.Integer("port") ?? 0;
        if (!FieldRules.IsPort(number)) errors.Invalid(path.Child("port"), number, FieldRules.MustBePort);
        if (errors.RequiredText(port, path, "protocol")) errors.OneOf(port, path, "protocol", "SCTP", "TCP", "UDP");
    }

    private static void SlicePorts(JsonObject o, FieldErrors errors)
    {
        var names = new HashSet<string>();
        foreach (var (i, port) in o.Objects("ports").Index())
        {
            var path = FieldPath.Of("ports").Index(i);
            var name = port.Text("name") ?? "";
            if (name.Length > 0) errors.Invalid(path.Child("name"), name, NameValidation.IsDns1123Label(name));
            if (!names.Add(name)) errors.Duplicate(path.Child("name"), name);
            if (errors.RequiredText(port, path, "protocol")) errors.OneOf(port, path, "protocol", "SCTP", "TCP", "UDP");
            if (port.Text("appProtocol") is { } protocol) errors.Invalid(path.Child("appProtocol"), protocol, NameValidation.IsQualifiedName(protocol));
        }
    }

    private static void Endpoint(JsonObject endpoint, string type, FieldPath path, FieldErrors errors)
    {
        var addresses = endpoint.List("addresses") ?? [];
        if (addresses.Count > MaxAddresses) errors.Add(FieldError.TooMany(path.Child("addresses"), addresses.Count, MaxAddresses));
        foreach (var (i, node) in addresses.Index())
        {
            var address = node?.ToString() ?? "";
            var at = path.Child("addresses").Index(i);
            switch (type)
            {
                case "IPv4":
                    if (!FieldRules.IsIp(address)) errors.Invalid(at, address, FieldRules.MustBeIp);
                    else if (!FieldRules.IsIpv4(address)) errors.Invalid(at, address, "must be a valid IPv4 address");
                    else SpecialAddress(address, at, errors);
                    break;
                case "IPv6":
                    if (!FieldRules.IsIp(address)) errors.Invalid(at, address, FieldRules.MustBeIp);
                    else if (FieldRules.IsIpv4(address)) errors.Invalid(at, address, "must be a valid IPv6 address");
                    else SpecialAddress(address, at, errors);
                    break;
                case "FQDN":
                    errors.Invalid(at, address, NameValidation.IsDns1123Subdomain(address));
                    break;
            }
        }
        if (endpoint.Text("nodeName") is { } name) errors.Invalid(path.Child("nodeName"), name, NameValidation.IsDns1123Subdomain(name));
        if (endpoint.Text("hostname") is { } host) errors.Invalid(path.Child("hostname"), host, NameValidation.IsDns1123Label(host));
    }
}
