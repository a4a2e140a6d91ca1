using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Kinds;

/// <summary>Services: an address of the cluster, and node ports where the type wants them.</summary>
/// <param name="addresses">Gives addresses and ports out.</param>
internal sealed class ServiceStrategy(ServiceAddresses addresses) : ResourceStrategy
{
    private static readonly Dictionary<string, Func<JsonObject, string>> Fields = new()
    {
        ["spec.clusterIP"] = o => o.Text("spec", "clusterIP") ?? "",
        ["spec.type"] = o => o.Text("spec", "type") ?? "",
    };

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields => Fields;

    public override bool HasOwnFieldLabels => true;

    public override bool ReturnsDeletedObject => true;

    public override IReadOnlyList<string> CheckName(string name) => NameValidation.IsDns1123Label(name);

    public override void Default(JsonObject o)
    {
        var spec = o.Ensure("spec");
        if (string.IsNullOrEmpty(spec.Text("sessionAffinity"))) spec["sessionAffinity"] = "None";
        if (string.IsNullOrEmpty(spec.Text("type"))) spec["type"] = "ClusterIP";
        if (spec.Text("sessionAffinity") == "ClientIP" && spec.Integer("sessionAffinityConfig", "clientIP", "timeoutSeconds") is null)
        {
            spec.Ensure("sessionAffinityConfig", "clientIP")["timeoutSeconds"] = 10800;
        }
        var type = spec.Text("type");
        var isExternal = type is "NodePort" or "LoadBalancer" || (type == "ClusterIP" && spec.List("externalIPs") is { Count: > 0 });
        if (isExternal && string.IsNullOrEmpty(spec.Text("externalTrafficPolicy"))) spec["externalTrafficPolicy"] = "Cluster";
        if (type != "ExternalName" && spec["internalTrafficPolicy"] is null) spec["internalTrafficPolicy"] = "Cluster";
        if (type == "LoadBalancer") spec["allocateLoadBalancerNodePorts"] ??= true;
        foreach (var port in spec.Objects("ports"))
        {
            if (string.IsNullOrEmpty(port.Text("protocol"))) port["protocol"] = "TCP";
            if (port["targetPort"] is null || port.Integer("targetPort") == 0 || port.Text("targetPort") is "") port["targetPort"] = port["port"]?.DeepClone();
        }
    }

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        o["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        addresses.Assign(o, null, context);
    }

    public override void PrepareForUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        KeepStatus(o, old);
        var (spec, before) = (o.Ensure("spec"), old.Object("spec") ?? []);
        DropWhatTheTypeDoesNotHave(spec, before);
        if (o.Text("spec", "type") == "ExternalName")
        {
            foreach (var field in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy" }) spec.Remove(field);
            return;
        }
        if (string.IsNullOrEmpty(spec.Text("clusterIP")))
        {
            foreach (var field in new[] { "clusterIP", "clusterIPs" }) Keep(spec, before, field);
        }
        foreach (var field in new[] { "ipFamilies", "ipFamilyPolicy" })
        {
            if (spec[field] is null) Keep(spec, before, field);
        }
        if (AddressChange(o, old) is { } refused) throw StatusException.Invalid(new("", "v1", "Service"), o.Name, [refused]);
        addresses.Assign(o, old, context);
    }

    /// <summary>What belonged to the type before goes with it, unless the client sets it anew.</summary>
    private static void DropWhatTheTypeDoesNotHave(JsonObject spec, JsonObject before)
    {
        void Drop(string field, Func<JsonObject, bool> has)
        {
            if (has(before) && !has(spec) && JsonNode.DeepEquals(spec[field], before[field])) spec.Remove(field);
        }
        static bool HasNodePorts(JsonObject s) => s.Text("type") is "NodePort" or "LoadBalancer";
        static bool IsBalanced(JsonObject s) => s.Text("type") == "LoadBalancer";
        Drop("internalTrafficPolicy", s => s.Text("type") != "ExternalName");
        Drop("externalTrafficPolicy", s => HasNodePorts(s) || (s.Text("type") == "ClusterIP" && s.List("externalIPs") is { Count: > 0 }));
        Drop("healthCheckNodePort", s => IsBalanced(s) && s.Text("externalTrafficPolicy") == "Local");
        Drop("allocateLoadBalancerNodePorts", IsBalanced);
        Drop("loadBalancerClass", IsBalanced);
        if (!HasNodePorts(before) || HasNodePorts(spec)) return;
        foreach (var port in spec.Objects("ports"))
        {
            var was = before.Objects("ports").FirstOrDefault(p => p.Integer("port") == port.Integer("port") && p.Text("protocol") == port.Text("protocol"));
            if (port.Integer("nodePort") == was?.Integer("nodePort")) port.Remove("nodePort");
        }
    }

    private static FieldError? AddressChange(JsonObject o, JsonObject old)
    {
        var (ip, before) = (o.Text("spec", "clusterIP") ?? "", old.Text("spec", "clusterIP") ?? "");
        if (before.Length == 0 || ip == before || o.Text("spec", "type") == "ExternalName" || old.Text("spec", "type") == "ExternalName") return null;
        return FieldError.Invalid(FieldPath.Of("spec", "clusterIPs").Index(0), new JsonArray(ip), "may not change once set");
    }

    /// <summary>Only a load balancer has addresses outside; by default they are reached as they are.</summary>
    public override void PrepareForSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        base.PrepareForSubresource(subresource, o, old, context);
        foreach (var ingress in o.Objects("status", "loadBalancer", "ingress"))
        {
            if (!string.IsNullOrEmpty(ingress.Text("ip"))) ingress["ipMode"] ??= "VIP";
        }
    }

    public override IEnumerable<FieldError> ValidateSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        if (subresource == "status" && o.Text("spec", "type") != "LoadBalancer" && o.List("status", "loadBalancer", "ingress") is { Count: > 0 })
        {
            yield return FieldError.Forbidden(FieldPath.Of("status", "loadBalancer", "ingress"), "may only be used when `spec.type` is 'LoadBalancer'");
        }
    }

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var errors = new FieldErrors();
        ServiceValidation.Check(o, errors);
        return errors;
    }

    public override IEnumerable<string> Warnings(JsonObject o, JsonObject? old)
    {
        if (o.List("spec", "externalIPs") is { Count: > 0 }) yield return "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
        if (o.Text("spec", "trafficDistribution") == "PreferClose") yield return "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"";
    }

    public override void Committed(JsonObject? o, JsonObject? old) => addresses.Committed(o, old);
}
