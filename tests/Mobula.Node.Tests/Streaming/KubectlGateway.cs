using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Mobula.Node.Containerd;

namespace Mobula.Node.Tests.Streaming;

/// <summary>
/// As much of an API server as kubectl needs to reach a kubelet endpoint: discovery, the pods, and connections passed on to the
/// node byte for byte.
/// </summary>
internal sealed partial class KubectlGateway : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _kubelet;
    private readonly string _token;
    private readonly NodePod[] _pods;
    private readonly Task _accepting;

    public KubectlGateway(IPEndPoint kubelet, string token, params NodePod[] pods)
    {
        _kubelet = kubelet;
        _token = token;
        _pods = pods;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public static string? SkipReason { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "kubectl"))) ? null : "kubectl is not installed";

    /// <summary>Runs kubectl; its standard input is the text given, and then ends.</summary>
    public async Task<(int ExitCode, string Out, string Err)> RunAsync(string? input, params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"kubectl {string.Join(' ', arguments)} does not end; it said {await output} {await error}");
        }

        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts kubectl and lets it run.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--kubeconfig", "/dev/null", "--server", $"http://{_listener.LocalEndpoint}", "-n", "ns", .. arguments]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync();
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1) head.Append((char)one[0]);
            if (RequestLine().Match(head.ToString()) is not { Success: true } request) return;
            var target = request.Groups["target"].Value;
            if (Subresource().Match(target) is { Success: true } sub)
            {
                var rewritten = $"{request.Groups["method"].Value} {KubeletPath(sub)} HTTP/1.1\r\nAuthorization: Bearer {_token}\r\n{head.ToString()[request.Length..]}";
                await TunnelAsync(stream, rewritten);
            }
            else
            {
                var body = Answer(target.Split('?')[0]);
                var status = body is null ? "404 Not Found" : "200 OK";
                var bytes = Encoding.UTF8.GetBytes(body ?? """{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}""");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(bytes);
            }
        }
    }

    private static string KubeletPath(Match sub)
    {
        var query = sub.Groups["query"].Value;
        var container = Regex.Match(query, "container=([^&]*)").Groups[1].Value;
        var path = sub.Groups["what"].Value switch { "log" => "containerLogs", "portforward" => "portForward", var same => same };
        return $"/{path}/ns/{sub.Groups["pod"].Value}{(path == "portForward" ? "" : "/" + (container.Length > 0 ? container : "c"))}{query}";
    }

    private string? Answer(string path)
    {
        switch (path)
        {
            case "/api":
                return """{"kind":"APIVersions","versions":["v1"]}""";
            case "/apis":
                return """{"kind":"APIGroupList","apiVersion":"v1","groups":[]}""";
            case "/api/v1":
                return """{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list"],"shortNames":["po"]}]}""";
        }

        var pod = _pods.FirstOrDefault(p => path == $"/api/v1/namespaces/ns/pods/{p.Name}");
        var c = pod?.Containers[0];
        return pod is null ? null
            : $$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{pod.Name}}}","namespace":"ns"},"spec":{"containers":[{"name":"c","stdin":{{{(c!.Stdin ? "true" : "false")}}},"tty":{{{(c.Tty ? "true" : "false")}}}}]},"status":{"phase":"Running"}}""";
    }

    private async Task TunnelAsync(NetworkStream client, string head)
    {
        using var server = new TcpClient();
        await server.ConnectAsync(_kubelet);
        await using var tls = new SslStream(server.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("node");
        await tls.WriteAsync(Encoding.ASCII.GetBytes(head));
        await Task.WhenAny(client.CopyToAsync(tls), tls.CopyToAsync(client));
    }

    [GeneratedRegex(@"^(?<method>\S+) (?<target>\S+) HTTP/1.1\r\n")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"^/api/v1/namespaces/ns/pods/(?<pod>[^/]+)/(?<what>log|exec|attach|portforward)(?<query>\?.*)?$")]
    private static partial Regex Subresource();
}
