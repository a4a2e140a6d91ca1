using System.Text;
using Mobula.Node.Streaming.Spdy;

namespace Mobula.Node.Tests.Streaming;

public sealed class SpdyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Dictionary_is_the_protocols()
    {
        uint a = 1, b = 0;
        foreach (var x in SpdyHeaderBlock.Dictionary)
        {
            a = (a + x) % 65521;
            b = (b + a) % 65521;
        }

        // The Adler-32 sum by which a zlib stream names the dictionary of SPDY/3.
        Assert.Equal(0xe3c6a7c2u, (b << 16) | a);
    }

    [Fact]
    public void Header_blocks_of_one_direction_are_read_in_order()
    {
        var writer = new SpdyHeaderBlock.Writer();
        using var reader = new SpdyHeaderBlock.Reader();

        Assert.Equal([new("streamtype", "error"), new("port", "80")], reader.Read(writer.Write([new("streamType", "error"), new("port", "80")])));
        Assert.Empty(reader.Read(writer.Write([])));
        Assert.Equal([new("x", new string('y', 30000))], reader.Read(writer.Write([new("x", new string('y', 30000))])));
    }

    [Fact]
    public void Header_block_with_the_dictionary_is_read()
    {
        // zlib.compressobj(zdict=dictionary) of {"content-type": "text/plain"} in a client's words, flushed with Z_SYNC_FLUSH.
        using var reader = new SpdyHeaderBlock.Reader();

        Assert.Equal([new("content-type", "text/plain")], reader.Read(Convert.FromHexString(CompressedWithDictionary)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("7801")]
    [InlineData("780100ffff0000")]
    public void Broken_header_block_is_refused(string hex)
    {
        using var reader = new SpdyHeaderBlock.Reader();

        Assert.Throws<InvalidDataException>(() => reader.Read(Convert.FromHexString(hex)));
    }

    [Fact]
    public async Task Streams_carry_bytes_both_ways_and_end_each_way_on_its_own()
    {
        await using var pair = new ConnectedPair();
        var opened = await pair.Client.OpenAsync([new("streamType", "data")], Cancellation);
        var accepted = await pair.Server.Accepted.ReadAsync(Cancellation);
        Assert.Equal("data", accepted.Headers["streamType"]);

        var sent = new byte[200_000];
        new Random(1).NextBytes(sent);
        await Task.WhenAll(SendAndEndAsync(), ReceiveAsync());
        await accepted.WriteAsync("answer"u8.ToArray(), Cancellation);
        await accepted.EndOutputAsync(Cancellation);
        using var answer = new MemoryStream();
        await opened.CopyToAsync(answer, Cancellation);

        Assert.Equal("answer", Encoding.UTF8.GetString(answer.ToArray()));

        async Task SendAndEndAsync()
        {
            await opened.WriteAsync(sent, Cancellation);
            await opened.EndOutputAsync(Cancellation);
        }

        async Task ReceiveAsync()
        {
            using var received = new MemoryStream();
            await accepted.CopyToAsync(received, Cancellation);
            Assert.Equal(sent, received.ToArray());
        }
    }

    [Fact]
    public async Task End_of_the_connection_ends_its_streams()
    {
        await using var pair = new ConnectedPair();
        var opened = await pair.Client.OpenAsync([], Cancellation);
        var accepted = await pair.Server.Accepted.ReadAsync(Cancellation);

        await pair.Client.GoAwayAsync(Cancellation);

        Assert.Equal(0, await accepted.ReadAsync(new byte[1], Cancellation));
        Assert.False(await pair.Server.Accepted.WaitToReadAsync(Cancellation));
        Assert.Equal(1, opened.Id);
    }

    private const string CompressedWithDictionary = "78f9e3c6a7c202a623462c850917c21500000000ffff";
}
