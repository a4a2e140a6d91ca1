using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Webhook.Reviews;

namespace Mobula.PodSecurity.Webhook.Tests;

/// <summary>What is malformed, huge, slow or cut off is answered or cut, and the next review is answered as ever.</summary>
public sealed class RobustnessTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>, IAsyncLifetime
{
    private WebhookHost _host = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WebhookHost.StartAsync(cluster.Api, Asking.Options with { HeadTimeout = TimeSpan.FromSeconds(1), BodyTimeout = TimeSpan.FromSeconds(1.5) });
        await _host.ReadyAsync();
        _client = _host.Client();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData("", 400, "request body is empty")]
    [InlineData("{", 400, "unable to decode the request")]
    [InlineData("null", 400, "unable to decode the request")]
    [InlineData("[]", 400, "unable to decode the request")]
    [InlineData("no json", 400, "unable to decode the request")]
    [InlineData("{\"kind\":\"AdmissionReview\"}", 400, "unable to decode the request")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\"} x", 400, "unable to decode the request")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":1}}", 400, "unable to decode the request")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":7}", 400, "unable to decode the request")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\",\"request\":{}}", 400, "unexpected AdmissionReview kind: admission.k8s.io/v1beta1, Kind=AdmissionReview")]
    [InlineData("{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}", 400, "unexpected AdmissionReview kind: v1, Kind=Pod")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\"}", 400, "unexpected AdmissionReview type: it has no request")]
    public async Task Malformed_review_is_told_in_plain_text(string body, int status, string text)
    {
        var answer = await PostAsync(Encoding.UTF8.GetBytes(body));

        Assert.Equal((status, text + "\n"), answer);
        await AnswersAsEverAsync();
    }

    [Fact]
    public async Task Other_content_type_is_refused()
    {
        using var content = new StringContent("{}", Encoding.UTF8, "text/plain");
        using var answer = await _client.PostAsync("/", content);

        Assert.Equal("unable to process a request with a non-json content type\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Huge_review_is_refused_whether_its_length_is_told_or_not(bool told)
    {
        using var content = told ? new ByteArrayContent(new byte[ReviewEndpoint.MaxBodyBytes]) : (HttpContent)new StreamContent(new UnknownLength(ReviewEndpoint.MaxBodyBytes + 5));
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = content };
        request.Headers.ExpectContinue = true;
        using var answer = await _client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("request entity is too large; limit is 3145728 bytes\n", await answer.Content.ReadAsStringAsync());
        await AnswersAsEverAsync();
    }

    [Fact]
    public async Task Review_just_below_the_limit_is_answered()
    {
        var pod = Asking.Pod("p");
        pod.Metadata["annotations"] = new JsonObject { ["a"] = new string('x', ReviewEndpoint.MaxBodyBytes - 2000) };

        var response = await _client.AskAsync(Asking.Review("pods", "default", pod));

        Assert.True(response.Flag("allowed"));
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"kind\":")]
    [InlineData("")]
    public async Task Slow_client_is_cut(string beginning)
    {
        using var socket = await ConnectAsync();
        await socket.Stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
        await socket.Stream.FlushAsync();

        var ended = EndedAsync(socket.Stream);
        // A connection without a request is a client's right, for the time of the handshake's limit and more; it is only left alone here.
        if (beginning.Length == 0) await AnswersAsEverAsync();
        else Assert.True(await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(10))) == ended, "the connection is still open");
        await AnswersAsEverAsync();
    }

    [Fact]
    public async Task Client_that_drips_is_cut()
    {
        using var socket = await ConnectAsync();
        await socket.Stream.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"u8.ToArray());
        var ended = EndedAsync(socket.Stream);

        var written = 0;
        try
        {
            for (; written < 100 && !ended.IsCompleted; written++)
            {
                await socket.Stream.WriteAsync(" "u8.ToArray());
                await Task.Delay(100);
            }
        }
        catch (IOException)
        {
        }

        Assert.InRange(written, 1, 90);
        await AnswersAsEverAsync();
    }

    [Fact]
    public async Task Truncated_review_frees_the_server()
    {
        for (var i = 0; i < 20; i++)
        {
            using var socket = await ConnectAsync();
            await socket.Stream.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"kind\":"u8.ToArray());
            await socket.Stream.FlushAsync();
        }
        await AnswersAsEverAsync();
        for (var i = 0; i < 100 && !(await _client.GetStringAsync("/metrics")).Contains("mobula_webhook_requests_in_flight 0\n", StringComparison.Ordinal); i++) await Task.Delay(50);

        Assert.Contains("mobula_webhook_requests_in_flight 0\n", await _client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deep_object_is_answered()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 400)) + "1" + new string('}', 400);
        var text = Encoding.UTF8.GetString(Asking.Review("pods", "default", Asking.Pod("p")).ToUtf8()).Replace("\"oldObject\":null", $"\"oldObject\":{deep}", StringComparison.Ordinal);
        var (status, _) = await PostAsync(Encoding.UTF8.GetBytes(text));
        Assert.Equal(200, status);

        var deeper = string.Concat(Enumerable.Repeat("[", 100_000));
        (status, _) = await PostAsync(Encoding.UTF8.GetBytes(deeper));
        Assert.Equal(400, status);
        await AnswersAsEverAsync();
    }

    [Fact]
    public void Any_cut_or_changed_byte_of_a_review_is_read_or_refused()
    {
        var review = Asking.Review("pods", "default", Asking.Pod("p"), "UPDATE", old: Asking.Pod("p")).ToUtf8();
        Gen.Select(Gen.Int[0, review.Length - 1], Gen.Byte, Gen.Bool).Sample((at, value, cut) =>
        {
            var bytes = cut ? review[..at] : [.. review];
            if (!cut) bytes[at] = value;
            try
            {
                ReviewRequest.Read(bytes);
                return !cut;
            }
            catch (ReviewException e)
            {
                return e.StatusCode == 400;
            }
        });
    }

    [Fact]
    public async Task Objects_of_wrong_types_are_answered()
    {
        foreach (var o in new[] { "7", "\"x\"", "[]", "{\"spec\":7}", "{\"spec\":{\"containers\":{}}}", "{\"spec\":{\"containers\":[7]}}", "{\"metadata\":[],\"spec\":{}}", "null" })
        {
            foreach (var (group, resource) in new[] { ("", "pods"), ("apps", "deployments"), ("ray.io", "rayclusters"), ("ray.io", "rayjobs"), ("", "namespaces"), ("batch", "cronjobs") })
            {
                var review = Asking.Review(resource, "default", Asking.Pod("p"), group: group);
                review.Object("request")!["object"] = JsonNode.Parse(o);
                var (status, text) = await PostAsync(review.ToUtf8());
                Assert.True(status is 200 or 500, $"{group}/{resource} {o}: {status} {text}");
                Assert.False(status == 500, $"{group}/{resource} {o}: {text}");
            }
        }
    }

    [Fact]
    public async Task Stop_answers_what_is_under_way_and_fails_readiness_first()
    {
        await using var host = await WebhookHost.StartAsync(cluster.Api, Asking.Options with { ShutdownDelay = TimeSpan.FromSeconds(1), BodyTimeout = TimeSpan.FromSeconds(10) });
        await host.ReadyAsync();
        using var client = host.Client();
        Assert.Equal("ok", await client.GetStringAsync("/healthz"));
        Assert.Equal("ok", await client.GetStringAsync("/readyz"));
        using var stop = new CancellationTokenSource();
        var running = host.RunAsync(stop.Token);
        var slow = new SlowContent(Asking.Review("pods", "default", Asking.Pod("p")).ToUtf8(), TimeSpan.FromSeconds(1.7));
        var asked = client.PostAsync("/", slow);
        await slow.Started;

        await stop.CancelAsync();
        for (var i = 0; i < 50 && host.NotReady is null; i++) await Task.Delay(10);
        using var unready = await client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
        Assert.Equal("shutting down\n", await unready.Content.ReadAsStringAsync());
        Assert.Equal("ok", await client.GetStringAsync("/healthz"));
        using var answer = await asked;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await running.WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/healthz"));
    }

    [Theory]
    [InlineData("5s", 5)]
    [InlineData("1m30s", 30)]
    [InlineData("500ms", 0.5)]
    [InlineData("x", 30)]
    [InlineData("-5s", 30)]
    [InlineData("5", 30)]
    [InlineData(null, 30)]
    public void Timeout_of_the_query_bounds_the_review(string? text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), ReviewEndpoint.Timeout(text));

    private async Task AnswersAsEverAsync() => Assert.True((await _client.AskAsync(Asking.Review("pods", "default", Asking.Pod("p")))).Flag("allowed"));

    private async Task<(int Status, string Text)> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var answer = await _client.PostAsync("/", content);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<Connection> ConnectAsync()
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _host.Endpoint.Port);
        var stream = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync("localhost");
        return new(tcp, stream);
    }

    private static async Task EndedAsync(Stream stream)
    {
        var buffer = new byte[1000];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
        }
    }

    private sealed record Connection(TcpClient Tcp, SslStream Stream) : IDisposable
    {
        public void Dispose()
        {
            Stream.Dispose();
            Tcp.Dispose();
        }
    }

    private sealed class SlowContent : ByteArrayContent
    {
        private readonly byte[] _body;
        private readonly TimeSpan _delay;
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SlowContent(byte[] body, TimeSpan delay) : base(body)
        {
            (_body, _delay) = (body, delay);
            Headers.ContentType = new("application/json");
        }

        public Task Started => _started.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // Steadily, so that only the stop is tested and not the limit for slow clients.
            await stream.WriteAsync(_body.AsMemory(0, 10));
            await stream.FlushAsync();
            _started.SetResult();
            await Task.Delay(_delay);
            await stream.WriteAsync(_body.AsMemory(10));
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => SerializeToStreamAsync(stream, context);
    }

    /// <summary>So many blanks, of which nobody knows how many there are.</summary>
    private sealed class UnknownLength(int length) : Stream
    {
        private int _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = Math.Min(count, _left);
            buffer.AsSpan(offset, read).Fill((byte)' ');
            _left -= read;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
