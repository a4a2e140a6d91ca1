using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mobula.Node.Containerd;
using Mobula.Node.Streaming;
using Mobula.Node.Tests.Containerd;

namespace Mobula.Node.Tests.Streaming;

public sealed class KubeletServerTests
{
    private const string Token = "secret";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_without_a_credential_gets_in()
    {
        using var authority = Certificate("CN=ca", null);
        using var known = Certificate("CN=kube-apiserver", authority);
        using var stranger = Certificate("CN=kube-apiserver", null);
        using var other = Certificate("CN=other", authority);
        using var connection = new ContainerdConnection("/nonexistent");
        await using var server = await KubeletServer.StartAsync(
            new KubeletServerOptions
            {
                Address = IPAddress.Loopback,
                Certificate = known,
                ClientAuthority = authority,
                ClientNames = new HashSet<string> { "kube-apiserver" },
                BearerToken = Token,
            },
            connection, "/tmp", new TestPodLookup(), TimeProvider.System);

        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(server, null, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(server, stranger, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(server, other, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(server, null, "wrong"));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, known, null));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server, null, Token));
    }

    [Fact]
    public async Task Kubectl_execs_attaches_logs_copies_and_forwards()
    {
        Assert.SkipUnless(KubectlGateway.SkipReason is null, KubectlGateway.SkipReason ?? "");
        await using var host = await ContainerdHost.StartAsync();
        await using var pod = await TestPod.StartAsync(
            host, "p", ["sh", "-c", "echo one; echo two; nc -ll -p 8080 -e echo hello & while true; do echo tick; sleep 0.3; done"]);
        await using var server = await StartAsync(host, pod.Pod);
        await using var kubectl = new KubectlGateway(server.EndPoint, Token, pod.Pod);

        foreach (var webSockets in (bool[])[true, false])
        {
            Environment.SetEnvironmentVariable("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", webSockets ? "true" : "false");
            Environment.SetEnvironmentVariable("KUBECTL_PORT_FORWARD_WEBSOCKETS", webSockets ? "true" : "false");
            await ExecsAsync(kubectl);
            await CopiesAsync(kubectl, host.Folder);
            await ForwardsAsync(kubectl);
        }

        var logs = await kubectl.RunAsync(null, "logs", "p", "--tail=1");
        Assert.Equal((0, "tick\n", ""), logs);
        Assert.Equal((0, "one\nt", ""), await kubectl.RunAsync(null, "logs", "p", "--limit-bytes=5"));
        Assert.Equal(1, (await kubectl.RunAsync(null, "logs", "p", "--previous")).ExitCode);
    }

    [Fact]
    public async Task Kubectl_attach_types_into_the_container_and_ends_with_it()
    {
        Assert.SkipUnless(KubectlGateway.SkipReason is null, KubectlGateway.SkipReason ?? "");
        await using var host = await ContainerdHost.StartAsync();
        await using var pod = await TestPod.StartAsync(host, "p", ["sh", "-c", "read a; read b; echo got $a $b"], stdin: true);
        await using var server = await StartAsync(host, pod.Pod);
        await using var kubectl = new KubectlGateway(server.EndPoint, Token, pod.Pod);

        var attached = await kubectl.RunAsync("x\ny\n", "attach", "-i", "p");

        Assert.Equal(0, attached.ExitCode);
        Assert.Equal("got x y\n", attached.Out);
    }

    [Fact]
    public async Task Kubectl_logs_follow_ends_with_the_container()
    {
        Assert.SkipUnless(KubectlGateway.SkipReason is null, KubectlGateway.SkipReason ?? "");
        await using var host = await ContainerdHost.StartAsync();
        await using var pod = await TestPod.StartAsync(host, "p", ["sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.3; done; echo last"]);
        await using var server = await StartAsync(host, pod.Pod);
        await using var kubectl = new KubectlGateway(server.EndPoint, Token, pod.Pod);

        Assert.Equal((0, "1\n2\n3\nlast\n", ""), await kubectl.RunAsync(null, "logs", "-f", "p"));
    }

    private static async Task ExecsAsync(KubectlGateway kubectl)
    {
        Assert.Equal((7, "out\n", "err\ncommand terminated with exit code 7\n"), await kubectl.RunAsync(null, "exec", "p", "--", "sh", "-c", "echo out; echo err >&2; exit 7"));
        Assert.Equal((0, "hi\n", ""), await kubectl.RunAsync(null, "exec", "p", "--", "echo", "hi"));
        Assert.Equal((0, "stdin text", ""), await kubectl.RunAsync("stdin text", "exec", "-i", "p", "--", "cat"));
        Assert.Equal((0, "10\n", ""), await kubectl.RunAsync("stdin text", "exec", "-i", "p", "--", "sh", "-c", "wc -c"));
        var missing = await kubectl.RunAsync(null, "exec", "p", "--", "nosuch");
        Assert.Equal(1, missing.ExitCode);
        Assert.Matches(
            "^error: Internal error occurred: (Internal error occurred: )?error executing command in container: failed to exec in container: failed to start exec \"[0-9a-f]+\": " +
            "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in \\$PATH\n$",
            missing.Err);
    }

    private static async Task CopiesAsync(KubectlGateway kubectl, string folder)
    {
        var source = Path.Combine(folder, "source");
        var target = Path.Combine(folder, "target");
        await File.WriteAllBytesAsync(source, RandomNumberGenerator.GetBytes(3_000_000), Cancellation);
        var up = await kubectl.RunAsync(null, "cp", source, "p:/tmp/in");
        Assert.True(up.ExitCode == 0, up.Err);
        var down = await kubectl.RunAsync(null, "cp", "p:/tmp/in", target);
        Assert.True(down.ExitCode == 0, down.Err);
        Assert.Equal(await File.ReadAllBytesAsync(source, Cancellation), await File.ReadAllBytesAsync(target, Cancellation));
    }

    private static async Task ForwardsAsync(KubectlGateway kubectl)
    {
        using var forward = kubectl.Start("port-forward", "p", ":8080", ":81");
        var first = await forward.StandardOutput.ReadLineAsync(Cancellation);
        var port = int.Parse(first!.Split("127.0.0.1:")[1].Split(' ')[0]);
        for (var i = 0; i < 3; i++) Assert.Equal("hello\n", await ReadAllAsync(port));
        string? line;
        do line = await forward.StandardOutput.ReadLineAsync(Cancellation);
        while (line?.Contains("-> 81") == false || line?.Contains("127.0.0.1") == false);
        await ReadAllAsync(int.Parse(line!.Split("127.0.0.1:")[1].Split(' ')[0]));
        var error = await forward.StandardError.ReadLineAsync(Cancellation);
        Assert.Contains("error forwarding port 81 to pod", error);
        Assert.Contains("dial tcp4 127.0.0.1:81: connect: connection refused", error);
        forward.Kill();
    }

    private static async Task<string> ReadAllAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancellation);
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        try
        {
            return await reader.ReadToEndAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task<KubeletServer> StartAsync(ContainerdHost host, NodePod pod)
    {
        using var certificate = Certificate("CN=node", null);
        return await KubeletServer.StartAsync(
            new KubeletServerOptions { Address = IPAddress.Loopback, Certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null), BearerToken = Token },
            host.Connection, Path.Combine(host.Options.RunDirectory, "pipes"), new TestPodLookup(pod), TimeProvider.System);
    }

    private static async Task<HttpStatusCode> GetAsync(KubeletServer server, X509Certificate2? certificate, string? token)
    {
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{server.EndPoint}/healthz");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private static X509Certificate2 Certificate(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        var (from, to) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        if (issuer is null)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using var self = request.CreateSelfSigned(from, to);
            return X509CertificateLoader.LoadPkcs12(self.Export(X509ContentType.Pfx), null);
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2"), new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var issued = request.Create(issuer, from, to.AddMinutes(-1), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }
}
