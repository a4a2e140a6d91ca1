using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Endpoints;

/// <summary>Plans EndpointSlices: one group of slices for each address family and set of ports.</summary>
internal static class EndpointSlicePlanner
{
    public const string ManagedBy = "endpointslice.kubernetes.io/managed-by";
    public const string Manager = "endpointslice-controller.k8s.io";
    public const string ServiceName = "kubernetes.io/service-name";
    public const string TriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";
    private const int EndpointsAtMost = 100;

    /// <summary>Plans.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="pods">The pods behind it.</param>
    /// <param name="nodes">Finds a node, for its zone.</param>
    /// <param name="existing">The Service's slices.</param>
    /// <param name="trigger">The time of the change that led here.</param>
    public static EndpointSlicePlan Plan(JsonObject service, IReadOnlyCollection<JsonObject> pods, Func<string, JsonObject?> nodes, IReadOnlyCollection<JsonObject> existing, string trigger)
    {
        List<JsonObject> create = [], update = [];
        var left = existing.ToList();
        foreach (var family in service.Texts("spec", "ipFamilies").DefaultIfEmpty("IPv4"))
        {
            var groups = pods
                .Where(p => ServiceEndpoints.Address(p, family) is not null)
                .GroupBy(p => string.Join(';', ServiceEndpoints.Ports(service, p)))
                .Select(g => (Ports: ServiceEndpoints.Ports(service, g.First()).ToArray(), Endpoints: g.Select(p => Endpoint(service, p, family, nodes)).ToArray()))
                .ToList();
            // A Service without endpoints still has a slice, so that it can be told from one that is not served yet.
            if (groups.Count == 0) groups.Add(([], []));
            foreach (var (ports, endpoints) in groups)
            {
                foreach (var chunk in endpoints.Length == 0 ? [[]] : endpoints.Chunk(EndpointsAtMost))
                {
                    var wanted = Slice(service, family, ports, chunk, trigger);
                    var reuse = left.Where(s => s.Text("addressType") == family)
                        .OrderByDescending(s => JsonNode.DeepEquals(s["ports"], wanted["ports"])).ThenByDescending(s => Overlap(s, chunk)).FirstOrDefault();
                    if (reuse is null)
                    {
                        create.Add(wanted);
                        continue;
                    }
                    left.Remove(reuse);
                    if (Changed(reuse, wanted) is { } changed) update.Add(changed);
                }
            }
        }
        return new(create, update, left);
    }

    private static int Overlap(JsonObject slice, JsonObject[] endpoints)
    {
        var uids = endpoints.Select(e => e.Text("targetRef", "uid")).ToHashSet();
        return slice.Objects("endpoints").Count(e => uids.Contains(e.Text("targetRef", "uid")));
    }

    private static JsonObject? Changed(JsonObject slice, JsonObject wanted)
    {
        var endpoints = wanted.List("endpoints");
        var same = SameEndpoints(slice.List("endpoints"), endpoints) && JsonNode.DeepEquals(slice["ports"], wanted["ports"]);
        if (same && JsonNode.DeepEquals(slice.At("metadata", "labels"), wanted.At("metadata", "labels"))) return null;
        var changed = slice.Clone();
        changed["endpoints"] = endpoints?.DeepClone() ?? new JsonArray();
        changed["ports"] = wanted["ports"]?.DeepClone();
        changed.Metadata["labels"] = wanted.At("metadata", "labels")!.DeepClone();
        changed.Ensure("metadata", "annotations")[TriggerTime] = wanted.Annotation(TriggerTime);
        return changed;
    }

    private static bool SameEndpoints(JsonArray? a, JsonArray? b)
    {
        if ((a?.Count ?? 0) != (b?.Count ?? 0)) return false;
        if (a is null || b is null) return true;
        var there = a.OfType<JsonObject>().ToLookup(e => e.Text("targetRef", "uid"));
        return b.OfType<JsonObject>().All(e => there[e.Text("targetRef", "uid")].Any(o => JsonNode.DeepEquals(o, e)));
    }

    private static JsonObject Slice(JsonObject service, string family, EndpointPort[] ports, JsonObject[] endpoints, string trigger)
    {
        var labels = new JsonObject();
        foreach (var (key, value) in service.TextMap("metadata", "labels"))
        {
            if (key is not (ManagedBy or ServiceName or ServiceEndpoints.Headless)) labels[key] = value;
        }
        labels[ServiceName] = service.Name;
        labels[ManagedBy] = Manager;
        if (ServiceEndpoints.IsHeadless(service)) labels[ServiceEndpoints.Headless] = "";
        return new()
        {
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["kind"] = "EndpointSlice",
            ["metadata"] = new JsonObject
            {
                ["generateName"] = PodTemplate.Prefix(service.Name),
                ["namespace"] = service.Namespace,
                ["labels"] = labels,
                ["annotations"] = new JsonObject { [TriggerTime] = trigger },
                ["ownerReferences"] = new JsonArray(Claims.Reference(service)),
            },
            ["addressType"] = family,
            ["endpoints"] = endpoints.Length == 0 ? null : new JsonArray([.. endpoints.Select(e => e.DeepClone())]),
            ["ports"] = ports.Length == 0 ? null : new JsonArray([.. ports.Select(Port)]),
        };
    }

    private static JsonObject Port(EndpointPort port)
    {
        var o = new JsonObject { ["name"] = port.Name, ["protocol"] = port.Protocol, ["port"] = port.Port };
        if (port.AppProtocol is not null) o["appProtocol"] = port.AppProtocol;
        return o;
    }

    private static JsonObject Endpoint(JsonObject service, JsonObject pod, string family, Func<string, JsonObject?> nodes)
    {
        var serving = PodState.IsReady(pod) || ServiceEndpoints.PublishesAll(service);
        var endpoint = new JsonObject
        {
            ["addresses"] = new JsonArray(ServiceEndpoints.Address(pod, family)),
            ["conditions"] = new JsonObject
            {
                ["ready"] = ServiceEndpoints.PublishesAll(service) || (serving && !pod.IsTerminating),
                ["serving"] = serving,
                ["terminating"] = pod.IsTerminating,
            },
            ["targetRef"] = ServiceEndpoints.TargetReference(pod),
        };
        if (pod.Text("spec", "nodeName") is { Length: > 0 } node)
        {
            endpoint["nodeName"] = node;
            if (nodes(node)?.Label("topology.kubernetes.io/zone") is { } zone) endpoint["zone"] = zone;
        }
        if (ServiceEndpoints.Hostname(service, pod) is { } hostname) endpoint["hostname"] = hostname;
        return endpoint;
    }
}
