using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Hosting;

/// <summary>
/// <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> over plain HTTP. A few lines over a socket: a web server would be
/// most of the operator's image.
/// </summary>
internal sealed class StatusEndpoints : IAsyncDisposable
{
    private readonly RayOperatorOptions _options;
    private readonly Operation _operation;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpListener> _listeners = [];
    private readonly List<Task> _serving = [];

    private StatusEndpoints(RayOperatorOptions options, Operation operation) => (_options, _operation) = (options, operation);

    /// <summary>Listens where the options say.</summary>
    /// <exception cref="SocketException">A port is in use.</exception>
    public static StatusEndpoints Start(RayOperatorOptions options, Operation operation)
    {
        var endpoints = new StatusEndpoints(options, operation);
        foreach (var address in new[] { options.HealthProbeAddress, options.MetricsAddress }.Distinct())
        {
            if (address.Length > 0 && address != "0") endpoints.Listen(Parse(address));
        }
        return endpoints;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var listener in _listeners) listener.Stop();
        await Task.WhenAll(_serving).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Reads <c>:8080</c> or <c>127.0.0.1:8080</c>.</summary>
    internal static IPEndPoint Parse(string address)
    {
        var colon = address.LastIndexOf(':');
        if (colon >= 0 && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort)
        {
            var host = address[..colon].Trim('[', ']');
            if (host.Length == 0) return new(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
            if (host == "localhost") return new(IPAddress.Loopback, port);
            if (IPAddress.TryParse(host, out var ip)) return new(ip, port);
        }
        throw new FormatException($"{address}: a bind address is expected, for example :8080 or 127.0.0.1:8080");
    }

    private void Listen(IPEndPoint endpoint)
    {
        var listener = new TcpListener(endpoint);
        if (endpoint.Address.Equals(IPAddress.IPv6Any)) listener.Server.DualMode = true;
        listener.Start();
        _listeners.Add(listener);
        _serving.Add(Task.Run(() => AcceptAsync(listener)));
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false);
                _ = Task.Run(() => AnswerAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                // A client that is silent must not hold a connection for ever.
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                limit.CancelAfter(TimeSpan.FromSeconds(10));
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var request = await reader.ReadLineAsync(limit.Token).ConfigureAwait(false);
                for (var lines = 0; lines < 100 && await reader.ReadLineAsync(limit.Token).ConfigureAwait(false) is { Length: > 0 }; lines++)
                {
                }
                var path = request?.Split(' ') is [_, var target, ..] ? target.Split('?')[0] : "";
                var (status, body) = path switch
                {
                    "/healthz" or "/readyz" => ("200 OK", "ok"),
                    "/metrics" => ("200 OK", Metrics()),
                    _ => ("404 Not Found", "404 page not found\n"),
                };
                var bytes = Encoding.UTF8.GetBytes(body);
                var head = $"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head), limit.Token).ConfigureAwait(false);
                await stream.WriteAsync(bytes, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
            }
        }
    }

    private string Metrics()
    {
        var output = new StringBuilder();
        output.Append("# TYPE controller_runtime_reconcile_errors_total counter\n")
            .Append(CultureInfo.InvariantCulture, $"controller_runtime_reconcile_errors_total {_operation.Failures}\n");
        if (!_options.EnableMetrics) return output.ToString();
        output.Append("# TYPE kuberay_cluster_info gauge\n");
        var clusters = _operation.Watched.Clusters.All();
        foreach (var c in clusters)
        {
            output.Append(CultureInfo.InvariantCulture, $"kuberay_cluster_info{{name=\"{c.Name}\",namespace=\"{c.Namespace}\",owner_kind=\"{c.Label(RayLabels.OriginatedFromKind) ?? "None"}\",uid=\"{c.Uid}\"}} 1\n");
        }
        output.Append("# TYPE kuberay_cluster_condition_provisioned gauge\n");
        foreach (var c in clusters)
        {
            var provisioned = Conditions.IsTrue(c, ClusterConditions.Provisioned) ? "true" : "false";
            output.Append(CultureInfo.InvariantCulture, $"kuberay_cluster_condition_provisioned{{condition=\"{provisioned}\",name=\"{c.Name}\",namespace=\"{c.Namespace}\",uid=\"{c.Uid}\"}} 1\n");
        }
        return output.ToString();
    }
}
