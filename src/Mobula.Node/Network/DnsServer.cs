using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Mobula.Node.Network;

/// <summary>
/// Answers DNS over UDP and TCP: names of the cluster from memory, all others by asking the host's resolvers and passing their
/// answers on as they are.
/// </summary>
internal sealed class DnsServer : IAsyncDisposable
{
    private static readonly TimeSpan ResolverPatience = TimeSpan.FromSeconds(2);

    private readonly string _domain;
    private readonly IReadOnlyList<IPEndPoint> _resolvers;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running;
    private ClusterDns _names;

    private DnsServer(string domain, IReadOnlyList<IPEndPoint> resolvers, Socket udp, Socket tcp)
    {
        _domain = domain;
        _resolvers = resolvers;
        _udp = udp;
        _tcp = tcp;
        _names = ClusterDns.From(domain, [], []);
        EndPoint = (IPEndPoint)tcp.LocalEndPoint!;
        _running = [ServeUdpAsync(), ServeTcpAsync()];
    }

    /// <summary>Where it listens, over UDP and TCP.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts on a free port of the address.</summary>
    /// <param name="domain">The cluster's domain.</param>
    /// <param name="address">Where to listen.</param>
    /// <param name="resolvers">Whom to ask for other names, in this order.</param>
    /// <exception cref="SocketException">The address is not one of this host's.</exception>
    public static DnsServer Start(string domain, IPAddress address, IReadOnlyList<IPEndPoint> resolvers)
    {
        for (var attempt = 0; ; attempt++)
        {
            var tcp = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            var udp = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp.Bind(new IPEndPoint(address, 0));
                udp.Bind(tcp.LocalEndPoint!);
                tcp.Listen();
                return new DnsServer(domain, resolvers, udp, tcp);
            }
            catch (SocketException) when (attempt < 10)
            {
                // The port that TCP was given is taken for UDP.
                tcp.Dispose();
                udp.Dispose();
            }
        }
    }

    /// <summary>The resolvers that a resolv.conf names.</summary>
    public static IReadOnlyList<IPEndPoint> Resolvers(IEnumerable<string> resolvConf) =>
    [
        .. from line in resolvConf
           let fields = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
           where fields.Length >= 2 && fields[0] == "nameserver" && IPAddress.TryParse(fields[1], out _)
           select new IPEndPoint(IPAddress.Parse(fields[1]), 53),
    ];

    /// <summary>From now on these are the cluster's names.</summary>
    public void Update(ClusterDns names) => Volatile.Write(ref _names, names);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _udp.Dispose();
        _tcp.Dispose();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>The answer to a message; null when there is none to give.</summary>
    internal async Task<byte[]?> AnswerAsync(ReadOnlyMemory<byte> query, bool overTcp, CancellationToken cancellation)
    {
        if (query.Length < 12) return null;
        if (DnsQuestion.Parse(query.Span) is not { } question) return DnsMessage.WriteError(query.Span, DnsResponseCode.NotImplemented);
        if (question.Class == 1 && Volatile.Read(ref _names).Answer(question.Name, question.Type) is { } answer)
        {
            return DnsMessage.Write(query.Span, question, answer, _domain, overTcp ? ushort.MaxValue : DnsMessage.MaximumDatagram);
        }

        foreach (var resolver in _resolvers)
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                patience.CancelAfter(ResolverPatience);
                return overTcp
                    ? await AskTcpAsync(resolver, query, patience.Token).ConfigureAwait(false)
                    : await AskUdpAsync(resolver, query, patience.Token).ConfigureAwait(false);
            }
            catch (Exception e) when ((e is SocketException or IOException or OperationCanceledException) && !cancellation.IsCancellationRequested)
            {
                // The next one may know.
            }
        }

        return DnsMessage.WriteError(query.Span, DnsResponseCode.ServerFailure);
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        var anyone = new IPEndPoint(IPAddress.Any, 0);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, anyone, _stopping.Token).ConfigureAwait(false);
                _ = ReplyUdpAsync(buffer.AsSpan(0, received.ReceivedBytes).ToArray(), received.RemoteEndPoint);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                // An earlier answer did not reach its client.
            }
        }
    }

    private async Task ReplyUdpAsync(byte[] query, EndPoint client)
    {
        try
        {
            if (await AnswerAsync(query, overTcp: false, _stopping.Token).ConfigureAwait(false) is { } answer)
                await _udp.SendToAsync(answer, SocketFlags.None, client, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone, or this server ends.
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var client = await _tcp.AcceptAsync(_stopping.Token).ConfigureAwait(false);
            _ = ReplyTcpAsync(client);
        }
    }

    private async Task ReplyTcpAsync(Socket client)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            while (true)
            {
                idle.CancelAfter(TimeSpan.FromSeconds(10));
                var query = await ReadFramedAsync(stream, idle.Token).ConfigureAwait(false);
                if (await AnswerAsync(query, overTcp: true, idle.Token).ConfigureAwait(false) is not { } answer) return;
                await WriteFramedAsync(stream, answer, idle.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client has what it wanted.
        }
    }

    private static async Task<byte[]> AskUdpAsync(IPEndPoint resolver, ReadOnlyMemory<byte> query, CancellationToken cancellation)
    {
        using var socket = new Socket(resolver.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(resolver, cancellation).ConfigureAwait(false);
        await socket.SendAsync(query, cancellation).ConfigureAwait(false);
        var buffer = new byte[65535];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
            if (length >= 12 && buffer.AsSpan(0, 2).SequenceEqual(query.Span[..2])) return buffer[..length];
        }
    }

    private static async Task<byte[]> AskTcpAsync(IPEndPoint resolver, ReadOnlyMemory<byte> query, CancellationToken cancellation)
    {
        var socket = new Socket(resolver.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await using var stream = new NetworkStream(await ConnectedAsync().ConfigureAwait(false), ownsSocket: true);
        await WriteFramedAsync(stream, query, cancellation).ConfigureAwait(false);
        return await ReadFramedAsync(stream, cancellation).ConfigureAwait(false);

        async Task<Socket> ConnectedAsync()
        {
            try
            {
                await socket.ConnectAsync(resolver, cancellation).ConfigureAwait(false);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static async Task<byte[]> ReadFramedAsync(Stream stream, CancellationToken cancellation)
    {
        var length = new byte[2];
        await stream.ReadExactlyAsync(length, cancellation).ConfigureAwait(false);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, cancellation).ConfigureAwait(false);
        return message;
    }

    private static async Task WriteFramedAsync(Stream stream, ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        var framed = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancellation).ConfigureAwait(false);
    }
}
