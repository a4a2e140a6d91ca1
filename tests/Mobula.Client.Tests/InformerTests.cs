using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Mobula.Kubernetes;

namespace Mobula.Client.Tests;

public sealed class InformerTests : IAsyncDisposable
{
    private readonly ScriptedServer _server = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _changes = [];
    private Task _running = Task.CompletedTask;

    [Fact]
    public async Task List_gives_items_their_kind_and_the_watch_starts_at_its_revision()
    {
        _server.Json(List("7", Pod("a", "5"))).Stream();
        var informer = Start();
        await informer.WaitForSyncAsync(Token);
        await _server.ArrivedAsync(2);
        var pod = informer.Get("ns", "a")!;
        Assert.Equal(("Pod", "v1"), (pod.Kind, pod.ApiVersion));
        Assert.Equal("GET /api/v1/pods?limit=500", _server.Requests[0]);
        Assert.StartsWith("GET /api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=", _server.Requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_are_read_to_the_end()
    {
        _server.Json(List("7", Pod("a", "5"), next: "t k")).Json(List("7", Pod("b", "6")));
        var informer = Start(new() { PageSize = 1 });
        await informer.WaitForSyncAsync(Token);
        Assert.Equal(2, informer.Cache.Count);
        Assert.Equal("GET /api/v1/pods?limit=1&continue=t%20k", _server.Requests[1]);
    }

    [Fact]
    public async Task Expired_page_token_leads_to_one_whole_list()
    {
        _server.Json(List("7", Pod("a", "5"), next: "t")).Error(410, "Expired").Json(List("9", Pod("b", "6")));
        var informer = Start(new() { PageSize = 1 });
        await informer.WaitForSyncAsync(Token);
        Assert.Equal("GET /api/v1/pods", _server.Requests[2]);
        Assert.Equal(["+b@6"], _changes);
    }

    [Fact]
    public async Task Lines_may_arrive_in_pieces_and_bookmarks_move_the_revision()
    {
        var stream = _server.Json(List("7")).Stream();
        var informer = Start();
        await _server.ArrivedAsync(2);
        var line = Encoding.UTF8.GetBytes(Line("ADDED", Pod("ä", "8")));
        foreach (var b in line) await stream.WriteAsync(new[] { b }, Token);
        await WriteAsync(stream, Line("MODIFIED", Pod("ä", "9")) + Line("BOOKMARK", Pod("", "12")));
        await Eventually.HoldsAsync(() => _changes.Count == 2);
        Assert.Equal(["+ä@8", "ä@8>9"], _changes);
        _time.Advance(TimeSpan.FromMinutes(1));
        await stream.CompleteAsync();
        await _server.ArrivedAsync(3);
        Assert.Contains("resourceVersion=12", _server.Requests[2], StringComparison.Ordinal);
        Assert.Equal(1, informer.Cache.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Revision_too_old_leads_to_a_new_list_and_the_difference_is_told(bool asEvent)
    {
        _server.Json(List("7", Pod("a", "5"), Pod("b", "6")));
        var status = new StatusException(410, "Expired", "too old resource version").Status.ToJsonString();
        if (asEvent) await WriteAsync(_server.Stream(), $$"""{"type":"ERROR","object":{{status}}}""" + "\n");
        else _server.Error(410, "Expired");
        _server.Json(List("20", Pod("b", "6"), Pod("c", "19")));
        var informer = Start();
        await _server.ArrivedAsync(4);
        Assert.Equal(["+a@5", "+b@6", "+c@19", "-a@5"], _changes);
        Assert.Null(informer.Get("ns", "a"));
    }

    [Fact]
    public async Task Same_name_with_another_uid_is_told_as_gone_and_new()
    {
        _server.Json(List("7", Pod("a", "5"))).Error(410, "Expired").Json(List("20", Pod("a", "19", uid: "other")));
        Start();
        await _server.ArrivedAsync(4);
        Assert.Equal(["+a@5", "-a@5", "+a@19"], _changes);
    }

    [Fact]
    public async Task Stream_broken_in_the_middle_of_a_line_is_watched_again_from_the_last_revision()
    {
        var stream = _server.Json(List("7")).Stream();
        Start();
        await _server.ArrivedAsync(2);
        await WriteAsync(stream, Line("ADDED", Pod("a", "8")) + """{"type":"MODI""");
        await stream.CompleteAsync();
        await Eventually.HoldsAsync(() => _server.Requests.Count == 3, () => _time.Advance(TimeSpan.FromSeconds(1)));
        Assert.Contains("watch=true&allowWatchBookmarks=true&resourceVersion=8", _server.Requests[2], StringComparison.Ordinal);
        Assert.Equal(["+a@8"], _changes);
    }

    [Fact]
    public async Task Failures_are_told_and_tried_again_after_growing_waits()
    {
        _server.Unreachable().Error(500, "InternalError").Json(List("7"));
        var errors = new List<string>();
        var informer = Start(new() { OnError = e => errors.Add(e.Message), Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)) });
        await Eventually.HoldsAsync(() => errors.Count == 1);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        await Task.Delay(20, Token);
        Assert.Single(_server.Requests);
        await Eventually.HoldsAsync(() => errors.Count == 2, () => _time.Advance(TimeSpan.FromMilliseconds(100)));
        Assert.False(informer.HasSynced);
        await Eventually.HoldsAsync(() => informer.HasSynced, () => _time.Advance(TimeSpan.FromMilliseconds(100)));
        Assert.Equal(["connection refused", "refused: InternalError"], errors);
    }

    [Fact]
    public async Task Late_subscriber_hears_of_what_is_there_already()
    {
        _server.Json(List("7", Pod("a", "5")));
        var informer = Start();
        await informer.WaitForSyncAsync(Token);
        var heard = new List<string>();
        using (informer.Subscribe((_, now) => heard.Add(now!.Name))) Assert.Equal(["a"], heard);
    }

    [Fact]
    public async Task Indexes_follow_the_changes()
    {
        var stream = _server.Json(List("7", Pod("a", "5", owner: "o1", app: "x"))).Stream();
        var informer = Start();
        var byApp = informer.Cache.AddLabelIndex("app");
        await informer.WaitForSyncAsync(Token);
        Assert.Equal("a", Assert.Single(informer.Cache.OwnedBy("o1")).Name);
        Assert.Single(informer.Cache.InNamespace("ns"));
        await WriteAsync(stream, Line("MODIFIED", Pod("a", "8", owner: "o2", app: "y")));
        await Eventually.HoldsAsync(() => informer.Cache.OwnedBy("o2").Length == 1);
        Assert.Empty(informer.Cache.OwnedBy("o1"));
        Assert.Empty(informer.Cache.Find(byApp, "x"));
        Assert.Single(informer.Cache.Find(byApp, "y"));
        await WriteAsync(stream, Line("DELETED", Pod("a", "9", owner: "o2", app: "y")));
        await Eventually.HoldsAsync(() => informer.Cache.Count == 0);
        Assert.Empty(informer.Cache.Find(byApp, "y"));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Informer Start(InformerOptions? options = null)
    {
        var informer = new Informer(_server.Api, Resources.Pods, options, _time);
        informer.Subscribe((old, now) => _changes.Add(
            old is null ? $"+{now!.Name}@{now!.ResourceVersion}" : now is null ? $"-{old.Name}@{old.ResourceVersion}" : $"{now.Name}@{old.ResourceVersion}>{now.ResourceVersion}"));
        _running = informer.RunAsync(_stop.Token);
        return informer;
    }

    private static JsonObject Pod(string name, string revision, string uid = "u", string? owner = null, string? app = null)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = "ns", ["uid"] = uid + name, ["resourceVersion"] = revision };
        if (owner is not null) metadata["ownerReferences"] = new JsonArray(new JsonObject { ["uid"] = owner });
        if (app is not null) metadata["labels"] = new JsonObject { ["app"] = app };
        return new() { ["metadata"] = metadata };
    }

    private static string List(string revision, params JsonObject[] items) => List(revision, items, null);

    private static string List(string revision, JsonObject item, string next) => List(revision, [item], next);

    private static string List(string revision, JsonObject[] items, string? next) => new JsonObject
    {
        ["kind"] = "PodList",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["resourceVersion"] = revision, ["continue"] = next },
        ["items"] = new JsonArray([.. items]),
    }.ToJsonString();

    private static string Line(string type, JsonObject o) => new JsonObject { ["type"] = type, ["object"] = o }.ToJsonString() + "\n";

    private static async Task WriteAsync(System.IO.Pipelines.PipeWriter stream, string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), Token);
}
