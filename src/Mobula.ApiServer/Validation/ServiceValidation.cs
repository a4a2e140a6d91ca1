using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Services.</summary>
internal static class ServiceValidation
{
    private const long MaxAffinitySeconds = 86400;

    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    public static void Check(JsonObject service, FieldErrors errors)
    {
        var spec = service.Object("spec") ?? [];
        var type = spec.Text("type") ?? "";
        var ports = spec.Objects("ports").ToList();
        var headless = spec.Text("clusterIP") == "None";
        if (ports.Count == 0 && !headless && type != "ExternalName") errors.Required(SpecPath.Child("ports"));
        if (type == "LoadBalancer" && headless) errors.Invalid(SpecPath.Child("clusterIPs").Index(0), "None", "may not be set to 'None' for LoadBalancer services");
        if (type == "NodePort" && headless) errors.Invalid(SpecPath.Child("clusterIPs").Index(0), "None", "may not be set to 'None' for NodePort services");
        if (type == "ExternalName") ExternalName(spec, errors);
        Ports(ports, errors);
        LabelSelectorValidation.Labels(spec.Object("selector"), SpecPath.Child("selector"), errors);
        if (string.IsNullOrEmpty(spec.Text("sessionAffinity"))) errors.Required(SpecPath.Child("sessionAffinity"));
        else errors.OneOf(spec, SpecPath, "sessionAffinity", "ClientIP", "None");
        Affinity(spec, errors);
        foreach (var (i, ip) in spec.Texts("externalIPs").Index()) if (!FieldRules.IsIp(ip)) errors.Invalid(SpecPath.Child("externalIPs").Index(i), ip, FieldRules.MustBeIp);
        if (type.Length == 0) errors.Required(SpecPath.Child("type"));
        else errors.OneOf(spec, SpecPath, "type", "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        NodePorts(type, ports, errors);
        UniquePorts(ports, errors);
        LoadBalancer(spec, type, errors);
        errors.OneOfIfSet(spec, SpecPath, "trafficDistribution", "PreferClose", "PreferSameZone", "PreferSameNode");
        if (type != "ExternalName") ClusterAddresses(spec, errors);
        TrafficPolicies(spec, type, errors);
    }

    private static void ExternalName(JsonObject spec, FieldErrors errors)
    {
        foreach (var field in new[] { "clusterIPs", "ipFamilies" }) if (spec.List(field) is { Count: > 0 }) errors.Forbidden(SpecPath.Child(field), "may not be set for ExternalName services");
        var name = spec.Text("externalName") ?? "";
        if (name.EndsWith('.')) name = name[..^1];
        if (name.Length == 0) errors.Required(SpecPath.Child("externalName"));
        else errors.Invalid(SpecPath.Child("externalName"), name, NameValidation.IsDns1123Subdomain(name));
    }

    private static void Ports(List<JsonObject> ports, FieldErrors errors)
    {
        var names = new HashSet<string>();
        foreach (var (i, port) in ports.Index())
        {
            var at = SpecPath.Child("ports").Index(i);
            var name = port.Text("name") ?? "";
            if (name.Length == 0)
            {
                if (ports.Count > 1) errors.Required(at.Child("name"));
            }
            else
            {
                errors.Invalid(at.Child("name"), name, NameValidation.IsDns1123Label(name));
                if (!names.Add(name)) errors.Duplicate(at.Child("name"), name);
            }
            var number = port.Integer("port") ?? 0;
            if (!FieldRules.IsPort(number)) errors.Invalid(at.Child("port"), number, FieldRules.MustBePort);
            if (errors.RequiredText(port, at, "protocol")) errors.OneOf(port, at, "protocol", "SCTP", "TCP", "UDP");
            ProbeValidation.Port(port["targetPort"], at.Child("targetPort"), errors);
            if (port.Text("appProtocol") is { } protocol) errors.Invalid(at.Child("appProtocol"), protocol, NameValidation.IsQualifiedName(protocol));
        }
    }

    private static void Affinity(JsonObject spec, FieldErrors errors)
    {
        var path = SpecPath.Child("sessionAffinityConfig");
        if (spec.Text("sessionAffinity") == "ClientIP")
        {
            if (spec.Integer("sessionAffinityConfig", "clientIP", "timeoutSeconds") is { } seconds && seconds is <= 0 or > MaxAffinitySeconds)
            {
                errors.Invalid(path.Child("clientIP", "timeoutSeconds"), spec.Integer("sessionAffinityConfig", "clientIP", "timeoutSeconds"), $"must be greater than 0 and less than {MaxAffinitySeconds}");
            }
        }
        else if (spec.Text("sessionAffinity") == "None" && spec.Object("sessionAffinityConfig") is not null)
        {
            errors.Forbidden(path, "must not be set when session affinity is None");
        }
    }

    private static void NodePorts(string type, List<JsonObject> ports, FieldErrors errors)
    {
        var used = new HashSet<string>();
        foreach (var (i, port) in ports.Index())
        {
            if (port.Integer("nodePort") is not { } number || number == 0) continue;
            var at = SpecPath.Child("ports").Index(i).Child("nodePort");
            if (type is "ClusterIP" or "ExternalName") errors.Forbidden(at, $"may not be used when `type` is '{type}'");
            if (!used.Add($"{port.Text("protocol")}/{number}")) errors.Duplicate(at, number);
        }
    }

    private static void UniquePorts(List<JsonObject> ports, FieldErrors errors)
    {
        var seen = new HashSet<string>();
        foreach (var (i, port) in ports.Index())
        {
            if (seen.Add($"{port.Text("protocol")}/{port.Integer("port") ?? 0}")) continue;
            var shown = new JsonObject { ["protocol"] = port["protocol"]?.DeepClone(), ["port"] = port["port"]?.DeepClone() };
            errors.Add(new(FieldErrorType.FieldValueDuplicate, SpecPath.Child("ports").Index(i).ToString(), $"Duplicate value: {InternalForm.Print("ServicePort", shown)}"));
        }
    }

    private static void LoadBalancer(JsonObject spec, string type, FieldErrors errors)
    {
        const string Only = "may only be used when `type` is 'LoadBalancer'";
        var ranges = spec.Texts("loadBalancerSourceRanges").ToList();
        if (ranges.Count > 0)
        {
            // The odd place is the server's own.
            var path = SpecPath.Child("LoadBalancerSourceRanges");
            if (type != "LoadBalancer") errors.Forbidden(path, Only);
            foreach (var (i, range) in ranges.Index()) if (!FieldRules.IsCidr(range.Trim())) errors.Invalid(path.Index(i), range, FieldRules.MustBeCidr);
        }
        if (type == "LoadBalancer")
        {
            if (spec["allocateLoadBalancerNodePorts"] is null) errors.Required(SpecPath.Child("allocateLoadBalancerNodePorts"));
        }
        else if (spec["allocateLoadBalancerNodePorts"] is not null)
        {
            errors.Forbidden(SpecPath.Child("allocateLoadBalancerNodePorts"), Only);
        }
        if (spec.Text("loadBalancerClass") is { } name)
        {
            if (type != "LoadBalancer") errors.Forbidden(SpecPath.Child("loadBalancerClass"), Only);
            else errors.Invalid(SpecPath.Child("loadBalancerClass"), name, NameValidation.IsQualifiedName(name));
        }
    }

    private static void ClusterAddresses(JsonObject spec, FieldErrors errors)
    {
        var path = SpecPath.Child("clusterIPs");
        foreach (var (i, ip) in spec.Texts("clusterIPs").Index())
        {
            if (ip is "None" or "") continue;
            if (!FieldRules.IsIp(ip)) errors.Invalid(path.Index(i), ip, FieldRules.MustBeIp);
        }
    }

    private static void TrafficPolicies(JsonObject spec, string type, FieldErrors errors)
    {
        var external = type is "NodePort" or "LoadBalancer" || (type == "ClusterIP" && spec.List("externalIPs") is { Count: > 0 });
        var path = SpecPath.Child("externalTrafficPolicy");
        var policy = spec.Text("externalTrafficPolicy") ?? "";
        if (!external)
        {
            if (policy.Length > 0) errors.Invalid(path, policy, "may only be set for externally-accessible services");
        }
        else if (policy.Length == 0)
        {
            errors.Required(path, "externalTrafficPolicy is required for externally-accessible services");
        }
        else
        {
            errors.OneOf(spec, SpecPath, "externalTrafficPolicy", "Cluster", "Local");
        }
        if (spec.Text("internalTrafficPolicy") is not { } inside)
        {
            if (type is "NodePort" or "LoadBalancer" or "ClusterIP") errors.Required(SpecPath.Child("internalTrafficPolicy"));
        }
        else if (inside is not ("Cluster" or "Local"))
        {
            errors.NotSupported(SpecPath.Child("internalTrafficPolicy"), inside, "Cluster", "Local");
        }
    }
}
