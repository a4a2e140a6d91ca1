using System.Net;
using System.Net.Sockets;
using Mobula.Node.Streaming.Spdy;

namespace Mobula.Node.Tests.Streaming;

/// <summary>The two ends of a SPDY connection over loopback.</summary>
internal sealed class ConnectedPair : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();

    public ConnectedPair()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        Client = new SpdyConnection(client.GetStream(), isClient: true);
        Server = new SpdyConnection(listener.AcceptTcpClient().GetStream(), isClient: false);
        _ = Client.RunAsync(_over.Token);
        _ = Server.RunAsync(_over.Token);
    }

    public SpdyConnection Client { get; }

    public SpdyConnection Server { get; }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        _over.Dispose();
    }
}
