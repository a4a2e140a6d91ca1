using System.Text.Json.Nodes;
using Mobula.Controllers.Endpoints;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Endpoints;

public sealed class EndpointsPlannerTests
{
    private const string Trigger = "2026-01-02T03:04:05Z";

    private static JsonObject Service(string spec = "") => Json($$$$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"s","namespace":"ns","uid":"svc","labels":{"mine":"yes"}},
         "spec":{"ipFamilies":["IPv4"],"selector":{"app":"a"},"ports":[{"name":"web","port":80,"targetPort":"http","protocol":"TCP"}] {{{{{spec}}}}} } }
        """);

    private static JsonObject Serving(string name, string ip, bool ready)
    {
        var pod = Pod(name, ready: ready, spec: ""","hostname":"h","subdomain":"s" """);
        pod["spec"]!["containers"]![0]!["ports"] = new JsonArray(Json("""{"name":"http","containerPort":8080}"""));
        pod["status"]!["podIPs"] = new JsonArray(Json($$"""{"ip":"{{ip}}"}"""));
        return pod;
    }

    private static JsonObject? ZoneNode(string name) => name == "n" ? Json("""{"metadata":{"name":"n","labels":{"topology.kubernetes.io/zone":"z1"}}}""") : null;

    [Fact]
    public void Service_without_pods_has_an_empty_slice()
    {
        var slice = Assert.Single(EndpointSlicePlanner.Plan(Service(), [], ZoneNode, [], Trigger).Create);
        Assert.Equal(("s-", "IPv4", "s"), (slice.Text("metadata", "generateName"), slice.Text("addressType"), slice.Label("kubernetes.io/service-name")));
        Assert.True(slice.ContainsKey("endpoints") && slice["endpoints"] is null);
    }

    [Fact]
    public void Endpoint_tells_address_state_node_and_zone()
    {
        var slice = EndpointSlicePlanner.Plan(Service(), [Serving("p", "10.0.0.1", false)], ZoneNode, [], Trigger).Create[0];
        Assert.Equal(
            """[{"addresses":["10.0.0.1"],"conditions":{"ready":false,"serving":false,"terminating":false},"targetRef":{"kind":"Pod","namespace":"ns","name":"p","uid":"uid-p"},"nodeName":"n","zone":"z1","hostname":"h"}]""",
            slice["endpoints"]!.ToJsonString());
        Assert.Equal("""[{"name":"web","protocol":"TCP","port":8080}]""", slice["ports"]!.ToJsonString());
    }

    [Fact]
    public void Slice_that_is_right_is_left_alone_and_one_that_is_not_is_updated()
    {
        var service = Service();
        var slice = EndpointSlicePlanner.Plan(service, [Serving("p", "10.0.0.1", false)], ZoneNode, [], Trigger).Create[0];
        var same = EndpointSlicePlanner.Plan(service, [Serving("p", "10.0.0.1", false)], ZoneNode, [slice], "later");
        Assert.Empty(same.Create.Concat(same.Update).Concat(same.Delete));
        var changed = EndpointSlicePlanner.Plan(service, [Serving("p", "10.0.0.1", true)], ZoneNode, [slice], "later");
        Assert.Equal("later", Assert.Single(changed.Update).Annotation(EndpointSlicePlanner.TriggerTime));
        Assert.Empty(changed.Create);
    }

    [Fact]
    public void More_than_a_hundred_pods_take_several_slices()
    {
        var pods = Enumerable.Range(0, 250).Select(i => Serving($"p{i}", $"10.0.{i / 200}.{i % 200}", true)).ToArray();
        var plan = EndpointSlicePlanner.Plan(Service(), pods, ZoneNode, [], Trigger);
        Assert.Equal([100, 100, 50], plan.Create.Select(s => s.List("endpoints")!.Count));
    }

    [Fact]
    public void Pods_of_unknown_nodes_are_left_out_unless_all_are_published()
    {
        var pod = Serving("p", "10.0.0.1", true);
        Assert.Empty(ServiceEndpoints.Pods(Service(), [pod], _ => null));
        Assert.Single(ServiceEndpoints.Pods(Service(""","publishNotReadyAddresses":true"""), [pod], _ => null));
        Assert.Empty(ServiceEndpoints.Pods(Service(), [Pod("ended", "Succeeded")], ZoneNode));
    }

    [Fact]
    public void Endpoints_part_ready_from_unready()
    {
        var endpoints = EndpointsPlanner.Plan(Service(), [Serving("a", "10.0.0.2", true), Serving("b", "10.0.0.1", false)], null, Trigger)!;
        var subset = Assert.Single(endpoints.Objects("subsets"));
        Assert.Equal(("10.0.0.2", "10.0.0.1"), (subset.Objects("addresses").Single().Text("ip"), subset.Objects("notReadyAddresses").Single().Text("ip")));
        Assert.Equal("""[{"name":"web","port":8080,"protocol":"TCP"}]""", subset["ports"]!.ToJsonString());
        Assert.Null(EndpointsPlanner.Plan(Service(), [Serving("a", "10.0.0.2", true), Serving("b", "10.0.0.1", false)], endpoints, "later"));
    }
}
