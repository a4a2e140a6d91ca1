using Grpc.Core;
using Grpc.Net.Client;

namespace Mobula.Node.Probes;

/// <summary>Asks a server for its health by gRPC's health protocol (<c>grpc.health.v1.Health/Check</c>).</summary>
internal static class GrpcHealth
{
    private const byte StatusField = 1 << 3;
    private const byte Serving = 1;

    // Both messages have one field: the service's name (1, a string) and the status (1, a varint).
    private static readonly Method<string, byte[]> Check = new(
        MethodType.Unary, "grpc.health.v1.Health", "Check",
        Marshallers.Create(WriteName, _ => ""),
        Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes));

    public static async Task<ProbeOutcome> ProbeAsync(string host, long port, string service, TimeSpan timeout, CancellationToken cancellation)
    {
        var address = $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}";
        using var channel = GrpcChannel.ForAddress($"http://{address}");
        try
        {
            var call = channel.CreateCallInvoker().AsyncUnaryCall(Check, null, new CallOptions(deadline: DateTime.UtcNow + timeout, cancellationToken: cancellation), service);
            var answer = await call.ResponseAsync.ConfigureAwait(false);
            return answer is [StatusField, Serving, ..] ? new(true, "service healthy") : new(false, "service unhealthy (responded with \"NOT_SERVING\")");
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return new(false, $"timeout: failed to connect service \"{address}\" within {Seconds(timeout)}: context deadline exceeded");
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return new(false, $"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): {e.Status.Detail}");
        }
        catch (RpcException e)
        {
            return new(false, $"error: health rpc probe failed: {Pods.RpcText.Full(e)}");
        }
    }

    /// <summary>A whole number of seconds as Go prints durations.</summary>
    public static string Seconds(TimeSpan span) => span.TotalSeconds < 60 ? $"{span.TotalSeconds:0}s" : $"{(int)span.TotalMinutes}m{span.Seconds}s";

    private static byte[] WriteName(string name)
    {
        if (name.Length == 0) return [];
        var bytes = System.Text.Encoding.UTF8.GetBytes(name);
        return [10, (byte)bytes.Length, .. bytes];
    }
}
