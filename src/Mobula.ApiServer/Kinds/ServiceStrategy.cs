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
        if (spec.Text("type") == "ClusterIP")
        {
            foreach (var port in spec.Objects("ports"))
            {
                var was = before.Objects("ports").FirstOrDefault(p => p.Integer("port") == port.Integer("port") && p.Text("protocol") == port.Text("protocol"));
                if (before.Text("type") is "NodePort" or "LoadBalancer" && port.Integer("nodePort") == was?.Integer("nodePort")) port.Remove("nodePort");
            }
        }
        addresses.Assign(o, old, context);
    }

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var errors = new FieldErrors();
        ServiceValidation.Check(o, errors);
        return errors;
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        var path = FieldPath.Of("spec", "clusterIPs");
        var (ip, before) = (o.Text("spec", "clusterIP") ?? "", old.Text("spec", "clusterIP") ?? "");
        if (before.Length > 0 && ip != before && o.Text("spec", "type") != "ExternalName" && old.Text("spec", "type") != "ExternalName")
        {
            yield return FieldError.Invalid(path.Index(0), o.At("spec", "clusterIPs"), "may not change once set");
        }
        foreach (var error in Validate(o, context)) yield return error;
    }

    public override IEnumerable<string> Warnings(JsonObject o, JsonObject? old)
    {
        if (o.List("spec", "externalIPs") is { Count: > 0 }) yield return "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
        if (o.Text("spec", "trafficDistribution") == "PreferClose") yield return "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"";
    }

    public override void Committed(JsonObject? o, JsonObject? old) => addresses.Committed(o, old);
}
