using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Storage;

public sealed class ObjectStoreTests : IDisposable
{
    private const string ConfigMaps = "configmaps";

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Commit_of_a_new_object_gives_it_the_next_revision_in_its_bytes()
    {
        using var store = Open();
        var first = await store.CommitAsync(Create("a"));
        var second = await store.CommitAsync(Create("b"));
        Assert.Equal(first.Revision + 1, second.Revision);
        Assert.Equal(second.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture), second.Parse().ResourceVersion);
    }

    [Fact]
    public async Task Commit_with_another_revision_than_the_objects_conflicts_and_changes_nothing()
    {
        using var store = Open();
        var first = await store.CommitAsync(Create("a"));
        await store.CommitAsync(Change(first, "1"));
        var error = await Assert.ThrowsAsync<WriteConflictException>(() => store.CommitAsync(Change(first, "2")));
        Assert.Equal("1", error.Current!.Parse().Text("data", "k"));
        await Assert.ThrowsAsync<WriteConflictException>(() => store.CommitAsync(Create("a")));
    }

    [Fact]
    public async Task Two_writes_of_one_object_in_one_batch_do_not_both_win()
    {
        using var store = Open();
        var first = await store.CommitAsync(Create("a"));
        var writes = Enumerable.Range(0, 50).Select(i => store.CommitAsync(Change(first, $"{i}"))).ToList();
        await Task.WhenAny(Task.WhenAll(writes));
        _ = Assert.Single(writes, w => w.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Restart_serves_the_same_objects_at_the_same_revisions()
    {
        StoredObject a, b;
        long revision;
        using (var store = Open())
        {
            a = await store.CommitAsync(Create("a"));
            b = await store.CommitAsync(Create("b"));
            await store.CommitAsync(new(b.Key, b.Revision, StoredForm.Write(b.Parse(), ConfigMap), true));
            revision = store.Revision;
        }
        using (var store = Open())
        {
            Assert.Equal(revision, store.Revision);
            Assert.Equal(a.Utf8, store.Get(a.Key)!.Utf8);
            Assert.Null(store.Get(b.Key));
            Assert.Null(store.Watch(ConfigMaps, revision - 1));
            using var watcher = store.Watch(ConfigMaps, revision);
            Assert.NotNull(watcher);
        }
    }

    [Fact]
    public async Task List_at_a_past_revision_shows_what_was_there_then()
    {
        using var store = Open();
        var a = await store.CommitAsync(Create("a"));
        var then = store.Revision;
        await store.CommitAsync(Create("b"));
        await store.CommitAsync(new(a.Key, a.Revision, StoredForm.Write(a.Parse(), ConfigMap), true));
        Assert.Equal(["n/a"], store.ListAt(ConfigMaps, then)!.Value.Objects.Keys);
        Assert.Equal(["n/b"], store.List(ConfigMaps).Objects.Keys);
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_is_cut_off_and_others_see_everything()
    {
        using var store = Open();
        using var slow = store.Watch(ConfigMaps, store.Revision)!;
        using var fast = store.Watch(ConfigMaps, store.Revision)!;
        var seen = 0;
        var reading = Task.Run(async () =>
        {
            await foreach (var _ in fast.Changes.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                if (++seen == Watcher.Capacity + 10) return;
            }
        }, TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Watcher.Capacity + 10).Select(i => store.CommitAsync(Create($"c{i}"))));
        await reading.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var got = 0;
        await foreach (var _ in slow.Changes.ReadAllAsync(TestContext.Current.CancellationToken)) got++;
        Assert.Equal(Watcher.Capacity, got);
    }

    [Fact]
    public async Task Events_beyond_the_history_are_gone()
    {
        using var store = new ObjectStore(Journal.Open(_directory.Path), historyBytes: 2000);
        var start = store.Revision;
        for (var i = 0; i < 50; i++) await store.CommitAsync(Create($"c{i}"));
        Assert.Null(store.Watch(ConfigMaps, start));
        using var watcher = store.Watch(ConfigMaps, store.Revision - 1);
        Assert.Single(watcher!.Missed);
    }

    [Fact]
    public void A_directory_of_a_newer_version_is_refused_with_the_way_out()
    {
        using (Open())
        {
        }
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_directory.File("objects.db")};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }
        var error = Assert.Throws<StorageUnavailableException>(() => Journal.Open(_directory.Path));
        Assert.Contains("newer version", error.Message, StringComparison.Ordinal);
        Assert.Contains("--data-dir", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_in_use_is_refused()
    {
        using var store = Open();
        var error = Assert.Throws<StorageUnavailableException>(() => Journal.Open(_directory.Path));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_refuses_the_write_and_keeps_what_was_acknowledged()
    {
        var journal = Journal.Open(_directory.Path);
        using var store = new ObjectStore(journal);
        var a = await store.CommitAsync(Create("a"));
        journal.LimitPages();
        var big = Create("big");
        var o = KubernetesJson.ParseObject(big.Utf8);
        o["data"] = new JsonObject { ["k"] = new string('x', 1 << 20) };
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CommitAsync(big with { Utf8 = StoredForm.Write(o, ConfigMap) }));
        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.Null(store.Get(big.Key));
        Assert.Equal(a.Revision, store.Revision);
        Assert.NotNull(store.Get(a.Key));
    }

    public void Dispose() => _directory.Dispose();

    private static GroupVersionKind ConfigMap { get; } = new("", "v1", "ConfigMap");

    private ObjectStore Open() => new(Journal.Open(_directory.Path));

    private static PendingWrite Create(string name) => new(
        new(ConfigMaps, "n", name), 0,
        StoredForm.Write(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "n" } }, ConfigMap), false);

    private static PendingWrite Change(StoredObject stored, string value)
    {
        var o = stored.Parse();
        o["data"] = new JsonObject { ["k"] = value };
        return new(stored.Key, stored.Revision, StoredForm.Write(o, ConfigMap), false);
    }
}
