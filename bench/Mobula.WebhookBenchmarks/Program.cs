// Sends reviews to the webhook over loopback from many connections, each asking the next when the last is answered.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Mobula.Client;
using Mobula.PodSecurity.Webhook;
using Mobula.WebhookBenchmarks;

var (reviews, connections) = (Number("--reviews", 10_000), Number("--connections", 32));
var version = args.Contains("--http2") ? HttpVersion.Version20 : HttpVersion.Version11;

using var api = new HttpClient(new NamespaceServer()) { BaseAddress = new("https://cluster"), Timeout = Timeout.InfiniteTimeSpan };
await using var host = await WebhookHost.StartAsync(new KubernetesApi(api, "bench"), new() { Address = IPAddress.Loopback, Port = 0 });
while (host.NotReady is not null) await Task.Delay(10);
var clients = Enumerable.Range(0, connections).Select(_ => Connect()).ToList();

// The handshakes and the first runs of the code are not what is measured.
await RunAsync(Math.Min(reviews, connections * 20));
var (seconds, times, lost) = await RunAsync(reviews);

Array.Sort(times);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
    {reviews} reviews of {Reviews.Number(0).Body.Length} bytes from {connections} connections (HTTP/{version}, TLS, loopback): {seconds:0.00} s, {reviews / seconds:0} a second
    lost or wrong: {lost}
    p50 {At(0.5):0.00} ms  p90 {At(0.9):0.00} ms  p99 {At(0.99):0.00} ms  max {times[^1]:0.00} ms
    """));
foreach (var client in clients) client.Dispose();
return lost == 0 ? 0 : 1;

int Number(string flag, int usual) => Array.IndexOf(args, flag) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : usual;

double At(double share) => times[Math.Min(times.Length - 1, (int)(times.Length * share))];

async Task<(double Seconds, double[] Milliseconds, int Lost)> RunAsync(int count)
{
    var milliseconds = new double[count];
    var (next, failed) = (-1, 0);
    var started = Stopwatch.GetTimestamp();
    await Task.WhenAll(clients.Select(client => Task.Run(async () =>
    {
        for (int n; (n = Interlocked.Increment(ref next)) < count;)
        {
            var began = Stopwatch.GetTimestamp();
            if (!await AskAsync(client, n)) Interlocked.Increment(ref failed);
            milliseconds[n] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
    })));
    return (Stopwatch.GetElapsedTime(started).TotalSeconds, milliseconds, failed);
}

async Task<bool> AskAsync(HttpClient client, int n)
{
    var (body, uid, allowed) = Reviews.Number(n);
    try
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await client.PostAsync("/validate?timeout=5s", content);
        return answer.StatusCode == HttpStatusCode.OK && Reviews.IsAnswer(await answer.Content.ReadAsByteArrayAsync(), uid, allowed);
    }
    catch (HttpRequestException)
    {
        return false;
    }
}

HttpClient Connect()
{
    var handler = new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 1 };
    handler.SslOptions.CertificateChainPolicy = new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        CustomTrustStore = { X509Certificate2.CreateFromPem(host.CertificateAuthorityPem) },
    };
    return new(handler) { BaseAddress = host.Endpoint, DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
}
