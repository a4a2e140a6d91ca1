using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Mobula.Node.Streaming;

/// <summary>Connections made from inside a pod's network namespace, where its loopback address is.</summary>
internal static class NetworkNamespace
{
    /// <summary>Connects to <c>localhost:port</c> as a process of the pod would: IPv4 first, then IPv6.</summary>
    /// <param name="path">The namespace's file; null for the host's own.</param>
    /// <param name="port">1 to 65535.</param>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    /// <exception cref="IOException">There is no such namespace.</exception>
    public static Task<Socket> ConnectAsync(string? path, int port)
    {
        // The namespace is a property of the thread, so the connection is made on a thread that is not used for anything else
        // after. The socket stays in the namespace whoever uses it. Connecting to loopback does not wait.
        var connected = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                if (path is not null) Enter(path);
                connected.SetResult(Connect(port));
            }
            catch (Exception e)
            {
                connected.SetException(e);
            }
        })
        { IsBackground = true, Name = "port-forward" }.Start();
        return connected.Task;
    }

    private static void Enter(string path)
    {
        using var ns = Libc.OpenFile(path, Libc.OpenReadOnly);
        if (Libc.SetNamespace(ns, Libc.NetworkNamespace) != 0)
            throw new IOException($"cannot enter the network namespace {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    private static Socket Connect(int port)
    {
        try
        {
            return Connect(IPAddress.Loopback, port);
        }
        catch (SocketException first)
        {
            try
            {
                return Connect(IPAddress.IPv6Loopback, port);
            }
            catch (SocketException)
            {
                throw first;
            }
        }
    }

    private static Socket Connect(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(address, port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
