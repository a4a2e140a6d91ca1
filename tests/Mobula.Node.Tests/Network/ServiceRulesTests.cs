using System.Net;
using System.Net.Sockets;
using System.Text;
using Mobula.Node.Network;
using Mobula.Node.Streaming;
using Mobula.Node.Tests.Containerd;

namespace Mobula.Node.Tests.Network;

public sealed class ServiceRulesTests
{
    private static readonly NodeRouting Node = new(new ClusterNetwork(0), new IPEndPoint(IPAddress.Parse("10.244.0.1"), 4053), BridgeIsFiltered: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Plan_has_ready_endpoints_and_host_ports_of_running_pods()
    {
        var plan = ServicePlanner.Plan(NetworkObjects.Services, NetworkObjects.Slices, NetworkObjects.Pods, new ServiceEndpoint("127.0.0.1", 6443));

        Assert.Equal(
            ["default/kubernetes:https 127.0.0.1:6443", "ns/idle: ", "ns/sticky: 10.244.0.5:5353,10.244.0.6:5353", "ns/web:http 10.244.0.5:8080,10.244.0.6:8080"],
            plan.Services.Select(s => $"{s.Name} {string.Join(',', s.Endpoints)}"));
        Assert.Equal([new HostPort("tcp", null, 8088, new ServiceEndpoint("10.244.0.5", 80))], plan.HostPorts);
    }

    [Fact]
    public void Rules_balance_evenly_and_reject_what_has_no_endpoint()
    {
        var plan = ServicePlanner.Plan(NetworkObjects.Services, NetworkObjects.Slices, NetworkObjects.Pods, null);

        var rules = ServiceRules.Render(plan, Node, new HashSet<string> { "MOBULA0-SVC-OLD", "MOBULA0-SERVICES" }).Split('\n');

        Assert.Contains("-A MOBULA0-SERVICES -d 10.96.0.10/32 -p udp --dport 53 -j DNAT --to-destination 10.244.0.1:4053", rules);
        var web = Assert.Single(rules, r => r.StartsWith("-A MOBULA0-SERVICES -d 10.96.0.20/32 -p tcp --dport 80 -j ")).Split(' ')[^1];
        Assert.Equal(
            [$"-A {web} -p tcp -m statistic --mode random --probability 0.5000000000 -j DNAT --to-destination 10.244.0.5:8080", $"-A {web} -p tcp -j DNAT --to-destination 10.244.0.6:8080"],
            rules.Where(r => r.StartsWith($"-A {web} ")));
        Assert.Contains($"-A MOBULA0-NODEPORTS -p tcp --dport 30080 -j {web}", rules);
        Assert.Contains("-A MOBULA0-NODEPORTS -p tcp --dport 8088 -j DNAT --to-destination 10.244.0.5:80", rules);
        Assert.Contains("-A MOBULA0-POSTROUTING -s 10.244.0.5/32 -d 10.244.0.5/32 -j MASQUERADE", rules);
        Assert.Contains("-A MOBULA0-FORWARD -d 10.96.0.0/16 -j REJECT", rules);
        Assert.Contains("-X MOBULA0-SVC-OLD", rules);
        Assert.DoesNotContain("-X MOBULA0-SERVICES", rules);
        Assert.DoesNotContain(rules, r => r.Contains("10.96.0.22"));
        Assert.All(rules.Where(r => r.StartsWith(':')), r => Assert.True(r[1..r.IndexOf(' ')].Length <= 28, r));
    }

    [Fact]
    public void Rules_lead_mapped_ports_of_the_host_to_NodePorts_and_host_ports()
    {
        var plan = ServicePlanner.Plan(NetworkObjects.Services, NetworkObjects.Slices, NetworkObjects.Pods, null);
        var mapped = Node with
        {
            PortMappings = [new("tcp", 8000, 30080, null), new("tcp", 80, 8088, "127.0.0.1"), new("udp", 8001, 30080, null), new("tcp", 30080, 30080, null)],
        };

        var rules = ServiceRules.Render(plan, mapped, new HashSet<string>()).Split('\n').Where(r => r.StartsWith("-A MOBULA0-NODEPORTS")).ToList();

        var web = rules.Single(r => r.Contains("--dport 30080 ")).Split(' ')[^1];
        Assert.Contains($"-A MOBULA0-NODEPORTS -p tcp --dport 8000 -j {web}", rules);
        Assert.Contains("-A MOBULA0-NODEPORTS -d 127.0.0.1/32 -p tcp --dport 80 -j DNAT --to-destination 10.244.0.5:80", rules);
        Assert.DoesNotContain(rules, r => r.Contains("8001"));
    }

    [Fact]
    public async Task Services_dns_and_host_ports_work_from_pods_and_host_and_leave_nothing()
    {
        await using var host = await ContainerdHost.StartAsync();
        var network = host.Options.Network;
        var filtered = await HostBridge.SetUpAsync(network, Cancellation);
        var (service, nodePort, hostPort) = ($"10.{96 + network.Index}.0.20", 31000 + network.Index, 31100 + network.Index);
        await using var pod = await TestPod.StartAsync(host, "p", ["sh", "-c", "nc -ll -p 8080 -e echo hello"]);
        var services = new[] { NetworkObjects.Parse($$$"""{"metadata":{"namespace":"ns","name":"web"},"spec":{"clusterIP":"{{{service}}}","ports":[{"name":"http","port":80,"nodePort":{{{nodePort}}}}]}}""") };
        var slices = new[] { NetworkObjects.Slice("web", "http", 8080, $$"""{"addresses":["{{pod.Pod.Ip}}"]}""") };
        var pods = new[] { NetworkObjects.Parse($$$"""{"spec":{"containers":[{"name":"c","ports":[{"containerPort":8080,"hostPort":{{{hostPort}}}}]}]},"status":{"phase":"Running","podIP":"{{{pod.Pod.Ip}}}"}}""") };
        await using var dns = DnsServer.Start("cluster.local", network.Gateway, []);
        dns.Update(ClusterDns.From("cluster.local", services, slices));
        var rules = ServiceRules.Render(ServicePlanner.Plan(services, slices, pods, null), new NodeRouting(network, dns.EndPoint, filtered), new HashSet<string>());
        await ServiceRules.ApplyAsync(rules, network, Cancellation);

        Assert.Equal("hello\n", await ReadAsync(service, 80));
        Assert.Equal("hello\n", await ReadAsync("127.0.0.1", nodePort));
        Assert.Equal("hello\n", await ReadAsync(network.Gateway.ToString(), nodePort));
        Assert.Equal("hello\n", await ReadAsync("127.0.0.1", hostPort));
        Assert.Equal("hello\n", await ExecAsync(host, pod, $"nc {service} 80 < /dev/null"));
        Assert.Contains(service, await ExecAsync(host, pod, $"nslookup web.ns.svc.cluster.local {network.DnsService}"));
        var refused = await Assert.ThrowsAnyAsync<SocketException>(() => ReadAsync($"10.{96 + network.Index}.0.99", 80));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);

        // The same again changes nothing, and a plan without services takes the chains away.
        await ServiceRules.ApplyAsync(rules, network, Cancellation);
        var present = await ServiceRules.PresentChainsAsync(network, "nat", Cancellation);
        Assert.Contains(present, c => c.Contains("-SVC-"));
        await ServiceRules.ApplyAsync(ServiceRules.Render(ServicePlan.Empty, new NodeRouting(network, null, filtered), present), network, Cancellation);
        Assert.DoesNotContain(await ServiceRules.PresentChainsAsync(network, "nat", Cancellation), c => c.Contains("-SVC-"));
        await ServiceRules.RemoveAsync(network);
        Assert.Empty(await ServiceRules.PresentChainsAsync(network, "nat", Cancellation));
        Assert.Empty(await ServiceRules.PresentChainsAsync(network, "filter", Cancellation));
    }

    private static async Task<string> ReadAsync(string address, int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Parse(address), port, Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(Cancellation);
    }

    private static async Task<string> ExecAsync(ContainerdHost host, TestPod pod, string command)
    {
        await using var exec = await ContainerExec.StartAsync(
            host.Connection, Path.Combine(host.Options.RunDirectory, "pipes"), pod.ContainerId, ["sh", "-c", command], stdin: false, tty: false, Cancellation);
        using var text = new MemoryStream();
        var errors = exec.Stderr.CopyToAsync(Stream.Null, Cancellation);
        await exec.Stdout.CopyToAsync(text, Cancellation);
        await errors;
        await exec.ExitCode.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
