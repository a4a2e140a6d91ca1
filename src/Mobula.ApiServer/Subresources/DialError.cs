using System.Net.Sockets;

namespace Mobula.ApiServer.Subresources;

/// <summary>Says why another server could not be reached, in the words that Kubernetes' clients know.</summary>
internal static class DialError
{
    public static string Describe(HttpRequestException error, Uri target)
    {
        if (error.InnerException is not SocketException socket) return error.InnerException?.Message ?? error.Message;
        return socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => $"dial tcp {target.Authority}: connect: connection refused",
            SocketError.TimedOut => $"dial tcp {target.Authority}: i/o timeout",
            SocketError.HostUnreachable => $"dial tcp {target.Authority}: connect: no route to host",
            SocketError.NetworkUnreachable => $"dial tcp {target.Authority}: connect: network is unreachable",
            _ => $"dial tcp {target.Authority}: {socket.Message}",
        };
    }
}
