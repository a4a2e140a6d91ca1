using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Node;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Commands;

/// <summary>Finds the cluster a command speaks to.</summary>
internal static class ClusterAddress
{
    /// <summary>Host and port of the head: given, RAY_ADDRESS, or the node of this machine.</summary>
    public static (string Host, int Port)? Gcs(string? given)
    {
        var text = given ?? Environment.GetEnvironmentVariable("RAY_ADDRESS");
        if (text is { Length: > 0 } and not ("auto" or "local"))
        {
            if (text.Contains("://", StringComparison.Ordinal)) text = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
            var colon = text.LastIndexOf(':');
            if (colon > 0 && int.TryParse(text[(colon + 1)..], out var port)) return (text[..colon], port);
        }
        var local = NodeProcess.Local(Environment.GetEnvironmentVariable("RAY_TMPDIR") ?? "/tmp/ray").FirstOrDefault();
        return local is null ? null : (local.GcsHost, local.GcsPort);
    }

    public static (string Host, int Port) Require(string? given) => Gcs(given) ?? throw new ConnectionException(
        "Could not find any running Ray instance. Please specify the one to connect to by setting the `--address` flag or `RAY_ADDRESS` environment variable.");

    /// <summary>Asks the head one question; null when it does not answer within the time.</summary>
    public static async Task<JsonObject?> AskAsync((string Host, int Port) gcs, JsonObject question, TimeSpan timeout)
    {
        try
        {
            using var cancel = new CancellationTokenSource(timeout);
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(gcs.Host, gcs.Port, cancel.Token);
            using var connection = new Connection(socket);
            connection.Send(new() { ["t"] = "hello", ["role"] = "command", ["token"] = AuthenticationToken.Current });
            question["t"] = "rpc";
            question["i"] = 1;
            connection.Send(question);
            while (await connection.ReceiveAsync(cancel.Token) is { } frame)
            {
                var answer = frame.Parse();
                if (answer.Text("t") == "denied") throw new AuthenticationException();
                if (answer.Text("t") == "reply") return answer;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException) { }
        return null;
    }

    /// <summary>The URL of the dashboard: --address, RAY_API_SERVER_ADDRESS, RAY_ADDRESS, the local node's, or localhost.</summary>
    public static async Task<Uri> DashboardAsync(string? given)
    {
        var text = given ?? Environment.GetEnvironmentVariable("RAY_API_SERVER_ADDRESS") ?? Environment.GetEnvironmentVariable("RAY_ADDRESS");
        if (text is { Length: > 0 } && text.StartsWith("http", StringComparison.Ordinal)) return new Uri(text.TrimEnd('/') + "/");
        if (Gcs(text is "auto" ? null : text) is { } gcs && await AskAsync(gcs, new() { ["m"] = "info" }, TimeSpan.FromSeconds(5)) is { } info)
            return new Uri($"http://{info.Text("dashboard")}/");
        return text is { Length: > 0 } and not "auto" ? throw new ConnectionException($"Failed to connect to Ray at address: {text}.") : new Uri("http://localhost:8265/");
    }
}
