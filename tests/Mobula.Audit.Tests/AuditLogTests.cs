using System.IO.Compression;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Microsoft.Extensions.Time.Testing;

namespace Mobula.Audit.Tests;

public sealed class AuditLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("audit-log-").FullName;

    private string LogPath => Path.Combine(_folder, "logs", "audit.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Clean_stop_loses_no_event_of_many_threads()
    {
        const int threads = 8, each = 2_000;
        var log = AuditLog.Open(new() { Path = LogPath, BufferSize = 100 });
        await Task.WhenAll(Enumerable.Range(0, threads).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < each; i++) log.Write(Event($"{t}-{i}"));
        }, TestContext.Current.CancellationToken)));
        await log.DisposeAsync();
        var ids = File.ReadLines(LogPath).Select(l => ((JsonObject)JsonNode.Parse(l)!).Text("auditID")!).ToList();
        Assert.Equal(threads * each, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal((threads * each, 0), (log.Written, log.Lost));
        Assert.Equal(Enumerable.Range(0, each).Select(i => $"3-{i}"), ids.Where(id => id.StartsWith("3-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task File_is_for_its_owner_only_and_is_appended_to()
    {
        for (var i = 0; i < 2; i++)
        {
            await using var log = AuditLog.Open(new() { Path = LogPath });
            log.Write(Event($"{i}"));
        }
        Assert.Equal(2, File.ReadLines(LogPath).Count());
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(LogPath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(LogPath)!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Full_file_is_rotated_and_old_backups_go(bool compress)
    {
        var time = new FakeTimeProvider(new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero));
        List<string> warnings = [];
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath)!);
        await File.WriteAllTextAsync(Path.Combine(_folder, "logs", "audit-2020-01-01T00-00-00.000.log"), "old", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder, "logs", "audit-mine.log"), "not a backup", TestContext.Current.CancellationToken);
        var options = new AuditLogOptions { Path = LogPath, MaxSizeMegabytes = 1, MaxBackups = 2, MaxAgeDays = 30, Compress = compress };
        await using (var log = AuditLog.Open(options, warnings.Add, time))
        {
            for (var i = 0; i < 50; i++) log.Write(Event(new string((char)('a' + (i % 26)), 100_000)));
            log.Write(Event(new string('x', 1_100_000)));
        }
        var names = Directory.EnumerateFiles(Path.Combine(_folder, "logs")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(4, names.Count);
        Assert.Contains("audit-mine.log", names);
        Assert.Contains("audit.log", names);
        var backups = names.Where(n => n.StartsWith("audit-2026-07-01T12-00-00.", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, backups.Count);
        Assert.All(backups, n => Assert.EndsWith(compress ? ".log.gz" : ".log", n, StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.StartsWith("write length 1100", StringComparison.Ordinal));
        var backup = File.OpenRead(Path.Combine(_folder, "logs", backups[0]));
        using var lines = new StreamReader(compress ? new GZipStream(backup, CompressionMode.Decompress) : backup);
        Assert.NotNull(JsonNode.Parse((await lines.ReadLineAsync(TestContext.Current.CancellationToken))!));
    }

    [Fact]
    public async Task Event_after_the_stop_is_counted_as_lost()
    {
        List<string> warnings = [];
        var log = AuditLog.Open(new() { Path = LogPath }, warnings.Add);
        await log.DisposeAsync();
        log.Write(Event("late"));
        Assert.Equal(1, log.Lost);
        Assert.Equal("Error in audit plugin 'buffered' affecting 1 audit events: audit backend shut down", Assert.Single(warnings));
    }

    [Fact]
    public async Task Event_too_large_loses_its_bodies_and_goes_if_that_is_not_enough()
    {
        List<string> warnings = [];
        await using (var log = AuditLog.Open(new() { Path = LogPath, TruncateEnabled = true, TruncateMaxEventSize = 1_000 }, warnings.Add))
        {
            log.Write(Event("small"));
            log.Write(Event("cut") with { Level = AuditLevel.Request, RequestObject = new JsonObject { ["data"] = new string('x', 2_000) } });
            log.Write(Event(new string('i', 2_000)));
            Assert.Equal(1, log.Lost);
        }
        var events = File.ReadLines(LogPath).Select(l => (JsonObject)JsonNode.Parse(l)!).ToList();
        Assert.Equal(["small", "cut"], events.Select(e => e.Text("auditID")));
        Assert.Null(events[1]["requestObject"]);
        Assert.Equal("true", events[1].Text("annotations", "audit.k8s.io/truncated"));
        Assert.Equal("Error in audit plugin 'truncate' affecting 1 audit events: event is too large even after truncating", Assert.Single(warnings));
    }

    [Fact]
    public async Task Legacy_format_is_one_line_for_people()
    {
        await using (var log = AuditLog.Open(new() { Path = LogPath, Format = "legacy" }))
        {
            log.Write(Event("a") with { User = new() { UserName = "admin", Groups = ["system:masters", "x"] }, ResponseCode = 200 });
            log.Write(Event("b"));
        }
        var lines = await File.ReadAllLinesAsync(LogPath, TestContext.Current.CancellationToken);
        Assert.EndsWith(
            " AUDIT: id=\"a\" stage=\"ResponseComplete\" ip=\"<unknown>\" method=\"get\" user=\"admin\" groups=\"\\\"system:masters\\\",\\\"x\\\"\"" +
            " as=\"<self>\" asgroups=\"<lookup>\" user-agent=\"\" namespace=\"<none>\" uri=\"/x\" response=\"200\"",
            lines[0], StringComparison.Ordinal);
        Assert.EndsWith("response=\"<deferred>\"", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("invalid audit log mode foo, allowed modes are \"batch,blocking,blocking-strict\"", "foo", "json", "audit.k8s.io/v1", 0, 0, 0, 1, 1, 102_400, 10_485_760)]
    [InlineData("invalid audit log format xml, allowed formats are \"legacy,json\"", "blocking", "xml", "audit.k8s.io/v1", 0, 0, 0, 1, 1, 102_400, 10_485_760)]
    [InlineData("invalid group version, allowed versions are [\"audit.k8s.io/v1\"]", "blocking", "json", "v1", 0, 0, 0, 1, 1, 102_400, 10_485_760)]
    [InlineData("[--audit-log-maxage -1 can't be a negative number, --audit-log-maxbackup -2 can't be a negative number, --audit-log-maxsize -3 can't be a negative number]", "blocking", "json", "audit.k8s.io/v1", -1, -2, -3, 1, 1, 102_400, 10_485_760)]
    [InlineData("invalid audit batch log buffer size 0, must be a positive number", "batch", "json", "audit.k8s.io/v1", 0, 0, 0, 0, 0, 102_400, 10_485_760)]
    [InlineData("invalid audit truncate log max event size 0, must be a positive number", "blocking", "json", "audit.k8s.io/v1", 0, 0, 0, 1, 1, 0, 10_485_760)]
    [InlineData("invalid audit truncate log max batch size 99, must be greater than max event size (100)", "blocking", "json", "audit.k8s.io/v1", 0, 0, 0, 1, 1, 100, 99)]
    public void Flags_are_refused_in_Kubernetes_words(
        string problem, string mode, string format, string version, int age, int backups, int size, int buffer, int batch, int eventSize, int batchSize)
    {
        var options = new AuditLogOptions
        {
            Path = LogPath, Mode = mode, Format = format, Version = version, MaxAgeDays = age, MaxBackups = backups, MaxSizeMegabytes = size,
            BufferSize = buffer, BatchSize = batch, TruncateMaxEventSize = eventSize, TruncateMaxBatchSize = batchSize,
        };
        Assert.Equal(problem, options.Problem());
        Assert.Throws<ArgumentException>(() => AuditLog.Open(options));
        Assert.False(File.Exists(LogPath));
    }

    private static AuditEvent Event(string id) => new()
    {
        Level = AuditLevel.Metadata, AuditId = id, Stage = AuditStages.ResponseComplete, RequestUri = "/x", Verb = "get",
        RequestReceived = DateTimeOffset.UnixEpoch, StageTime = DateTimeOffset.UnixEpoch,
    };
}
