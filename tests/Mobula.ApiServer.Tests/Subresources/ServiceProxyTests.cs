using System.Net;
using System.Net.Http.Headers;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Tests.Kinds;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Subresources;

/// <summary>Requests through the API server to a server that stands for a pod: at an address of this machine that is no loopback.</summary>
public sealed class ServiceProxyTests(TableServer server) : IClassFixture<TableServer>
{
    private static readonly IPAddress? Address = NetworkInterface.GetAllNetworkInterfaces()
        .Where(n => n.OperationalStatus == OperationalStatus.Up)
        .SelectMany(n => n.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));

    [Fact]
    public async Task Request_reaches_a_pod_with_path_query_and_headers_but_no_credential()
    {
        await using var pod = await StartAsync("a");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Root("a")}/pods/p:{pod.Port}/proxy/some/pa%20th?x=y%2Fz") { Content = new StringContent("body") };
        request.Headers.Add("X-Mine", "1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret");

        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode)202, response.StatusCode);
        Assert.Equal("POST /some/pa%20th?x=y%2Fz mine=1 authorization= body=body", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Service_leads_to_a_ready_pod_by_name_or_number_of_its_port()
    {
        await using var pod = await StartAsync("b");
        foreach (var name in new[] { "s:web", "s:80", "http:s:web" })
        {
            Assert.StartsWith("GET /x ", await server.Http.GetStringAsync($"{Root("b")}/services/{name}/proxy/x", TestContext.Current.CancellationToken));
        }
        using var missing = await server.Http.GetAsync($"{Root("b")}/services/s:81/proxy/x", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, missing.StatusCode);
        Assert.Contains("no service port 81 found for service", await missing.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Redirects_stay_behind_the_proxy()
    {
        await using var pod = await StartAsync("c");
        var path = $"{Root("c")}/pods/p:{pod.Port}/proxy";

        using var bare = await server.Http.GetAsync($"{path}?a=b", TestContext.Current.CancellationToken);
        using var moved = await server.Http.GetAsync($"{path}/moved", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.MovedPermanently, $"{path}/?a=b"), (bare.StatusCode, bare.Headers.Location?.ToString()));
        Assert.Equal((HttpStatusCode.Found, $"{path}/there"), (moved.StatusCode, moved.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task WebSocket_is_carried_both_ways()
    {
        await using var pod = await StartAsync("d");
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {server.Host.Admin.Token}");
        await socket.ConnectAsync(new Uri(new Uri(server.Host.Endpoint.ToString().Replace("https", "wss", StringComparison.Ordinal)), $"{Root("d")}/pods/p:{pod.Port}/proxy/echo"), TestContext.Current.CancellationToken);

        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        var received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Addresses_of_the_servers_own_machine_are_refused()
    {
        await server.CreateNamespaceAsync("proxy-e");
        await CreatePodAsync("e", "127.0.0.1");

        using var response = await server.Http.GetAsync($"{Root("e")}/pods/p:1/proxy/", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("address not allowed", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string Root(string name) => $"/api/v1/namespaces/proxy-{name}";

    private async Task<PodServer> StartAsync(string name)
    {
        Assert.SkipUnless(Address is not null, "this machine has no address but loopback");
        var pod = await PodServer.StartAsync(Address!);
        await server.CreateNamespaceAsync($"proxy-{name}");
        await CreatePodAsync(name, Address!.ToString());
        await server.PostAsync($"{Root(name)}/services", Json("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"name":"web","port":80}]}}"""));
        var answer = await server.PostAsync($"/apis/discovery.k8s.io/v1/namespaces/proxy-{name}/endpointslices", Json($$$"""
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"s","labels":{"kubernetes.io/service-name":"s"}},"addressType":"IPv4",
             "ports":[{"name":"web","port":{{{pod.Port}}}}],
             "endpoints":[{"addresses":["{{{Address}}}"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"p"}}] }
            """));
        Assert.True(answer.Status == 201, answer.Text);
        return pod;
    }

    private async Task CreatePodAsync(string name, string address)
    {
        await server.PostAsync($"{Root(name)}/pods", Json("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}"""));
        using var status = new HttpRequestMessage(HttpMethod.Patch, $"{Root(name)}/pods/p/status")
        {
            Content = new StringContent($$$"""{"status":{"podIP":"{{{address}}}"} }""", new MediaTypeHeaderValue("application/merge-patch+json")),
        };
        using var answer = await server.Http.SendAsync(status, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static JsonObject Json(string text) => KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(text));
}
