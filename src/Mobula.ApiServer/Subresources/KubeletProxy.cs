using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.ApiServer.Keys;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Subresources;

/// <summary>
/// <c>pods/log</c>, <c>exec</c>, <c>attach</c> and <c>portforward</c>: led to the kubelet of the pod's node. Upgraded
/// connections are tunnelled byte for byte: WebSocket and SPDY are between client and node.
/// </summary>
internal sealed class KubeletProxy
{
    private readonly ObjectStore _store;
    private readonly AdmissionWebhooks _webhooks;
    private readonly Lazy<X509Certificate2> _certificate;
    private readonly HttpClient _http;

    public KubeletProxy(ObjectStore store, ClusterKeys keys, AdmissionWebhooks webhooks)
    {
        _store = store;
        _webhooks = webhooks;
        _certificate = new(() =>
        {
            var (certificate, key) = keys.IssueClientCertificate("kube-apiserver-kubelet-client", [Authentication.UserInfo.Masters]);
            return X509Certificate2.CreateFromPem(certificate, key);
        });
        _http = new(new SocketsHttpHandler
        {
            SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, _) => IsOurs(certificate), LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate.Value },
            ConnectTimeout = TimeSpan.FromSeconds(10),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    public IEnumerable<KeyValuePair<string, SubresourceHandler>> Handlers =>
    [
        new("pods/log", LogAsync),
        new("pods/exec", (request, definition, _) => UpgradeAsync(request, definition, "exec")),
        new("pods/attach", (request, definition, _) => UpgradeAsync(request, definition, "attach")),
        new("pods/portforward", (request, definition, _) => UpgradeAsync(request, definition, "portForward")),
    ];

    private Task<Answer> LogAsync(ApiRequest request, ResourceDefinition definition, string verb)
    {
        _ = verb;
        var pod = Pod(request, definition);
        PodLogOptions.Check(request.Query, pod.Name);
        var container = Container(request, pod, required: true);
        if (pod.Text("spec", "nodeName") is not { Length: > 0 } node) return Task.FromResult<Answer>(new BytesAnswer(204, "", default));
        var address = KubeletAddress(node);
        var query = new StringBuilder();
        foreach (var name in new[] { "follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream" })
        {
            if (request.Query.TryGetValue(name, out var value)) query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value.ToString()));
        }
        var target = new Uri($"https://{address}/containerLogs/{pod.Namespace}/{pod.Name}/{container}{query}");
        return Task.FromResult<Answer>(new StreamAnswer(200, _ => CopyLogAsync(request, target)));
    }

    private async Task CopyLogAsync(ApiRequest request, Uri target)
    {
        var http = request.Http;
        using var message = new HttpRequestMessage(HttpMethod.Get, target);
        using var response = await SendAsync(message, http.RequestAborted).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            var text = (await response.Content.ReadAsStringAsync(http.RequestAborted).ConfigureAwait(false)).Trim();
            throw (int)response.StatusCode switch
            {
                400 => StatusException.BadRequest(text),
                404 => new StatusException(404, "NotFound", "the server could not find the requested resource"),
                _ => StatusException.InternalError(text),
            };
        }
        http.Response.StatusCode = 200;
        http.Response.ContentType = response.Content.Headers.ContentType?.ToString() ?? "text/plain";
        request.AnswerStarts?.Invoke(200);
        await http.Response.StartAsync(http.RequestAborted).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(http.RequestAborted).ConfigureAwait(false);
        var buffer = new byte[32 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, http.RequestAborted).ConfigureAwait(false)) > 0)
        {
            await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted).ConfigureAwait(false);
            await http.Response.Body.FlushAsync(http.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellation)
    {
        try
        {
            return await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw StatusException.Unclassified($"Get \"{message.RequestUri}\": {DialError.Describe(e, message.RequestUri!)}");
        }
    }

    private async Task<Answer> UpgradeAsync(ApiRequest request, ResourceDefinition definition, string action)
    {
        var (kind, connect) = ConnectOptions(request, action);
        await _webhooks.ReviewAsync(request, definition, AdmissionOperation.Connect, kind, connect, isDryRun: false).ConfigureAwait(false);
        var pod = Pod(request, definition);
        var container = action == "portForward" ? "" : Container(request, pod, required: true);
        if (pod.Text("spec", "nodeName") is not { Length: > 0 } node) throw StatusException.BadRequest($"pod {pod.Name} does not have a host assigned");
        if (request.Http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            throw StatusException.BadRequest("Upgrade request required");
        }
        var address = KubeletAddress(node);
        var path = $"/{action}/{pod.Namespace}/{pod.Name}";
        if (container.Length > 0) path += $"/{container}";
        var query = Query(request, action);
        return new StreamAnswer(101, _ => TunnelAsync(request, upgrade, address, path + query));
    }

    /// <summary>What is asked for, as webhooks are shown it.</summary>
    private static (GroupVersionKind Kind, JsonObject Options) ConnectOptions(ApiRequest request, string action)
    {
        var kind = new GroupVersionKind("", "v1", action switch { "portForward" => "PodPortForwardOptions", "exec" => "PodExecOptions", _ => "PodAttachOptions" });
        var options = new JsonObject { ["kind"] = kind.Kind, ["apiVersion"] = "v1" };
        foreach (var (name, values) in request.Query)
        {
            switch (name)
            {
                case "stdin" or "stdout" or "stderr" or "tty":
                    if (RequestInfo.IsTrue(request.Query, name)) options[name] = true;
                    break;
                case "container" when action != "portForward":
                    options[name] = values.ToString();
                    break;
                case "command" when action == "exec":
                    options[name] = new JsonArray([.. values.Select(v => JsonValue.Create(v ?? ""))]);
                    break;
                case "ports" when action == "portForward":
                    options[name] = new JsonArray([.. values.SelectMany(v => (v ?? "").Split(',')).Select(p => int.TryParse(p, out var port) ? port : 0).Where(p => p > 0).Select(p => JsonValue.Create(p))]);
                    break;
            }
        }
        return (kind, options);
    }

    /// <summary>The kubelet calls the streams <c>input</c>, <c>output</c> and <c>error</c>.</summary>
    private static string Query(ApiRequest request, string action)
    {
        var query = new StringBuilder();
        foreach (var (name, values) in request.Query)
        {
            var kubeletName = (action, name) switch
            {
                ("portForward", "ports") => "port",
                ("portForward", _) => null,
                (_, "stdin") => "input",
                (_, "stdout") => "output",
                (_, "stderr") => "error",
                (_, "tty") => "tty",
                (_, "command") => "command",
                _ => null,
            };
            if (kubeletName is null) continue;
            foreach (var value in values)
            {
                var text = kubeletName is "port" or "command" ? value ?? "" : value is "true" or "1" ? "1" : null;
                if (text is not null) query.Append(query.Length == 0 ? '?' : '&').Append(kubeletName).Append('=').Append(Uri.EscapeDataString(text));
            }
        }
        return query.ToString();
    }

    private async Task TunnelAsync(ApiRequest request, IHttpUpgradeFeature upgrade, string address, string target)
    {
        var http = request.Http;
        var aborted = http.RequestAborted;
        using var socket = new TcpClient { NoDelay = true };
        var separator = address.LastIndexOf(':');
        try
        {
            await socket.ConnectAsync(address[..separator].Trim('[', ']'), int.Parse(address.AsSpan(separator + 1), System.Globalization.CultureInfo.InvariantCulture), aborted).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw StatusException.InternalError($"error dialing backend: {e.Message}");
        }
        var tls = new SslStream(socket.GetStream());
        await using var closing = tls.ConfigureAwait(false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = address[..separator],
            EnabledSslProtocols = SslProtocols.None,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsOurs(certificate),
            LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate.Value,
        }, aborted).ConfigureAwait(false);
        var head = new StringBuilder().Append(http.Request.Method).Append(' ').Append(target).Append(" HTTP/1.1\r\nHost: ").Append(address).Append("\r\n");
        foreach (var (name, values) in http.Request.Headers)
        {
            if (name is "Host" or "Authorization" || name.StartsWith(':') || name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)) continue;
            foreach (var value in values) head.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        await tls.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), aborted).ConfigureAwait(false);
        await tls.FlushAsync(aborted).ConfigureAwait(false);
        var (status, headers, rest) = await ReadHeadAsync(tls, aborted).ConfigureAwait(false);
        request.AnswerStarts?.Invoke(status);
        if (status != 101)
        {
            http.Response.StatusCode = status;
            foreach (var (name, value) in headers)
            {
                if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) http.Response.ContentType = value;
            }
            var length = headers.Where(h => h.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Select(h => int.Parse(h.Value, System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault();
            var body = new byte[length];
            rest.AsSpan(0, Math.Min(rest.Length, length)).CopyTo(body);
            if (length > rest.Length) await tls.ReadExactlyAsync(body.AsMemory(rest.Length), aborted).ConfigureAwait(false);
            await http.Response.Body.WriteAsync(body, aborted).ConfigureAwait(false);
            return;
        }
        http.Response.StatusCode = 101;
        foreach (var (name, value) in headers) http.Response.Headers.Append(name, value);
        var client = await upgrade.UpgradeAsync().ConfigureAwait(false);
        await using var closingClient = client.ConfigureAwait(false);
        if (rest.Length > 0)
        {
            await client.WriteAsync(rest, aborted).ConfigureAwait(false);
            await client.FlushAsync(aborted).ConfigureAwait(false);
        }
        await StreamRelay.JoinAsync(client, tls, aborted).ConfigureAwait(false);
    }

    private static async Task<(int Status, List<KeyValuePair<string, string>> Headers, byte[] Beyond)> ReadHeadAsync(Stream stream, CancellationToken cancellation)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false);
            if (read == 0) throw StatusException.InternalError("error dialing backend: the kubelet closed the connection");
            bytes.AddRange(buffer.AsSpan(0, read));
            var all = bytes.ToArray();
            var end = all.AsSpan().IndexOf("\r\n\r\n"u8);
            if (end < 0 && all.Length < 64 * 1024) continue;
            if (end < 0) throw StatusException.InternalError("error dialing backend: no answer of the kubelet");
            var lines = Encoding.ASCII.GetString(all, 0, end).Split("\r\n");
            var headers = lines.Skip(1).Select(l => l.Split(':', 2)).Where(p => p.Length == 2).Select(p => KeyValuePair.Create(p[0].Trim(), p[1].Trim())).ToList();
            return (int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), headers, all[(end + 4)..]);
        }
    }

    private JsonObject Pod(ApiRequest request, ResourceDefinition definition) =>
        _store.Get(new("pods", request.Info.Namespace, request.Info.Name))?.Parse() ?? throw StatusException.NotFound(definition.Resource, request.Info.Name);

    private static string Container(ApiRequest request, JsonObject pod, bool required)
    {
        var names = new[] { "initContainers", "containers", "ephemeralContainers" }.SelectMany(c => pod.Objects("spec", c)).Select(c => c.Text("name") ?? "").ToList();
        var asked = request.Query["container"].ToString();
        if (asked.Length > 0)
        {
            return names.Contains(asked) ? asked : throw StatusException.BadRequest($"container {asked} is not valid for pod {pod.Name}");
        }
        var containers = pod.Objects("spec", "containers").Select(c => c.Text("name") ?? "").ToList();
        if (containers.Count == 1) return containers[0];
        if (!required) return "";
        throw StatusException.BadRequest($"a container name must be specified for pod {pod.Name}, choose one of: [{string.Join(' ', names)}]");
    }

    private string KubeletAddress(string node)
    {
        if (_store.Get(new("nodes", "", node))?.Parse() is not { } found) throw new StatusException(404, "NotFound", $"pods \"{node}\" not found", new() { ["name"] = node, ["kind"] = "pods" });
        var addresses = found.Objects("status", "addresses").ToList();
        var host = new[] { "InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname" }
            .Select(t => addresses.FirstOrDefault(a => a.Text("type") == t)?.Text("address")).FirstOrDefault(a => a is not null)
            ?? throw StatusException.Unclassified($"no preferred addresses found; known addresses: [{string.Join(' ', addresses.Select(a => a.Text("address")))}]");
        var port = found.Integer("status", "daemonEndpoints", "kubeletEndpoint", "Port") is > 0 and var own ? own : 10250;
        return host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";
    }

    /// <summary>A kubelet's certificate is the cluster's own, or made by the kubelet itself: what counts is that the node named its address with its credential.</summary>
    private static bool IsOurs(X509Certificate? certificate) => certificate is not null;
}
