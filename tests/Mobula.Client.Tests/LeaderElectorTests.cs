using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Mobula.Kubernetes;

namespace Mobula.Client.Tests;

public sealed class LeaderElectorTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly LeaseServer _server = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    [Fact]
    public async Task Second_candidate_leads_as_soon_as_the_first_gives_the_lease_back()
    {
        using var stopFirst = new CancellationTokenSource();
        var (first, second) = (Elector("a"), Elector("b"));
        var one = first.RunAsync(Forever, stopFirst.Token);
        await Eventually.HoldsAsync(() => first.IsLeader);
        var two = second.RunAsync(Forever, _stop.Token);
        await Eventually.HoldsAsync(() => second.Leader == "a");
        await stopFirst.CancelAsync();
        await one;
        Assert.Equal("", _server.Lease!.Text("spec", "holderIdentity"));
        await Eventually.HoldsAsync(() => second.IsLeader, () => _time.Advance(TimeSpan.FromSeconds(1)));
        Assert.Equal("b", _server.Lease!.Text("spec", "holderIdentity"));
        await _stop.CancelAsync();
        await two;
    }

    [Fact]
    public async Task Leader_that_cannot_renew_stops_its_work_and_regains_the_lead_later()
    {
        var (started, stopped) = (0, 0);
        var elector = Elector("a");
        var running = elector.RunAsync(async cancellation =>
        {
            started++;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                stopped++;
            }
        }, _stop.Token);
        await Eventually.HoldsAsync(() => started == 1);
        _server.Down = true;
        await Eventually.HoldsAsync(() => stopped == 1, () => _time.Advance(TimeSpan.FromSeconds(1)));
        Assert.False(elector.IsLeader);
        _server.Down = false;
        await Eventually.HoldsAsync(() => started == 2, () => _time.Advance(TimeSpan.FromSeconds(1)));
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Lease_of_a_silent_leader_is_taken_after_its_duration()
    {
        _server.Lease = new()
        {
            ["metadata"] = new JsonObject { ["name"] = "l", ["namespace"] = "ns" },
            ["spec"] = new JsonObject { ["holderIdentity"] = "gone", ["leaseDurationSeconds"] = 15, ["leaseTransitions"] = 4 },
        };
        var elector = Elector("a");
        var running = elector.RunAsync(Forever, _stop.Token);
        await Eventually.HoldsAsync(() => elector.Leader == "gone");
        var from = _time.GetUtcNow();
        await Eventually.HoldsAsync(() => elector.IsLeader, () => _time.Advance(TimeSpan.FromMilliseconds(100)));
        Assert.True(_time.GetUtcNow() - from >= TimeSpan.FromSeconds(15));
        Assert.Equal(5, _server.Lease!.Integer("spec", "leaseTransitions"));
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Work_that_fails_ends_the_candidacy_with_its_error_and_frees_the_lease()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Elector("a").RunAsync(_ => throw new InvalidOperationException(), _stop.Token));
        Assert.Equal("", _server.Lease!.Text("spec", "holderIdentity"));
    }

    private LeaderElector Elector(string identity) => new(_server.Api, new("ns", "l", identity), _time);

    private static async Task Forever(CancellationToken cancellation) => await Task.Delay(Timeout.Infinite, cancellation);

    private sealed class LeaseServer : HttpMessageHandler
    {
        private readonly Lock _gate = new();
        private int _revision;

        public JsonObject? Lease { get; set; }

        public bool Down { get; set; }

        public KubernetesApi Api => new(new HttpClient(this, false) { BaseAddress = new("http://server"), Timeout = Timeout.InfiniteTimeSpan }, "tests");

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (Down) throw new HttpRequestException("connection refused");
            var body = request.Content is null ? null : KubernetesJson.ParseObject(await request.Content.ReadAsByteArrayAsync(cancellationToken));
            lock (_gate)
            {
                if (body is null)
                {
                    return Lease is null ? Refuse(404, "NotFound") : Ok(Lease);
                }
                if (request.Method == HttpMethod.Post && Lease is not null) return Refuse(409, "AlreadyExists");
                if (request.Method == HttpMethod.Put && body.ResourceVersion != Lease!.ResourceVersion) return Refuse(409, "Conflict");
                body.Metadata["resourceVersion"] = $"{++_revision}";
                Lease = body;
                return Ok(body);
            }
        }

        private static HttpResponseMessage Ok(JsonObject o) => new(System.Net.HttpStatusCode.OK) { Content = new ByteArrayContent(o.ToUtf8()) };

        private static HttpResponseMessage Refuse(int code, string reason) =>
            new((System.Net.HttpStatusCode)code) { Content = new ByteArrayContent(new StatusException(code, reason, "no").Status.ToUtf8()) };
    }
}
