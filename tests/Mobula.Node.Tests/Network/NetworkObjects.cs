using System.Text.Json.Nodes;

namespace Mobula.Node.Tests.Network;

/// <summary>A small cluster: a service with a cluster IP, headless ones, an external one.</summary>
internal static class NetworkObjects
{
    public static readonly JsonObject[] Services =
    [
        Parse("""{"metadata":{"namespace":"ns","name":"web"},"spec":{"clusterIP":"10.96.0.20","type":"NodePort","ports":[{"name":"http","port":80,"nodePort":30080,"protocol":"TCP"}]}}"""),
        Parse("""{"metadata":{"namespace":"ns","name":"sticky"},"spec":{"clusterIP":"10.96.0.21","sessionAffinity":"ClientIP","ports":[{"port":53,"protocol":"UDP"}]}}"""),
        Parse("""{"metadata":{"namespace":"ns","name":"headless"},"spec":{"clusterIP":"None","ports":[{"name":"http","port":8080}]}}"""),
        Parse("""{"metadata":{"namespace":"ns","name":"empty"},"spec":{"clusterIP":"None"}}"""),
        Parse("""{"metadata":{"namespace":"ns","name":"idle"},"spec":{"clusterIP":"10.96.0.22","ports":[{"port":80}]}}"""),
        Parse("""{"metadata":{"namespace":"ns","name":"external"},"spec":{"type":"ExternalName","externalName":"example.org"}}"""),
        Parse("""{"metadata":{"namespace":"default","name":"kubernetes"},"spec":{"clusterIP":"10.96.0.1","ports":[{"name":"https","port":443}]}}"""),
    ];

    public static readonly JsonObject[] Slices =
    [
        Slice("web", "http", 8080, """{"addresses":["10.244.0.6"]},{"addresses":["10.244.0.5"],"conditions":{"ready":true}},{"addresses":["10.244.0.9"],"conditions":{"ready":false}}"""),
        Slice("sticky", "", 5353, """{"addresses":["10.244.0.5"]},{"addresses":["10.244.0.6"]}"""),
        Slice("headless", "http", 8080, """{"addresses":["10.244.0.5"],"hostname":"host-a"},{"addresses":["10.244.0.6"]}"""),
        Slice("idle", "", 80, """{"addresses":["10.244.0.7"],"conditions":{"ready":false,"serving":false}}"""),
    ];

    public static readonly JsonObject[] Pods =
    [
        Parse("""{"spec":{"containers":[{"name":"c","ports":[{"containerPort":80,"hostPort":8088}]}]},"status":{"phase":"Running","podIP":"10.244.0.5"}}"""),
        Parse("""{"spec":{"containers":[{"name":"c","ports":[{"containerPort":80,"hostPort":8089}]}]},"status":{"phase":"Succeeded","podIP":"10.244.0.6"}}"""),
        Parse("""{"spec":{"hostNetwork":true,"containers":[{"name":"c","ports":[{"containerPort":80,"hostPort":80}]}]},"status":{"phase":"Running","podIP":"10.244.0.1"}}"""),
    ];

    public static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    public static JsonObject Slice(string service, string port, int number, string endpoints) => Parse(
        $$$"""{"metadata":{"namespace":"ns","name":"{{{service}}}-1","labels":{"kubernetes.io/service-name":"{{{service}}}"}},"addressType":"IPv4","ports":[{"name":"{{{port}}}","port":{{{number}}},"protocol":"TCP"}],"endpoints":[{{{endpoints}}}]}""");
}
