using System.Text;
using Microsoft.AspNetCore.Http;
using Mobula.Node.Containerd;
using Mobula.Node.Streaming;

namespace Mobula.Node.Tests.Streaming;

public sealed class ContainerLogTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2025, 1, 31, 12, 0, 30, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mobula-test-");
    private readonly DirectoryChanges _changes = new();

    private string LogPath => Path.Combine(_folder.FullName, "0.log");

    public void Dispose()
    {
        _changes.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("", "one\ntwo\nlong line\nlast\n")]
    [InlineData("?tailLines=1", "last\n")]
    [InlineData("?tailLines=0", "")]
    [InlineData("?tailLines=99", "one\ntwo\nlong line\nlast\n")]
    [InlineData("?limitBytes=5", "one\nt")]
    [InlineData("?timestamps=true&tailLines=1", "2025-01-31T12:00:20.000000004Z last\n")]
    [InlineData("?sinceSeconds=15", "last\n")]
    [InlineData("?sinceTime=2025-01-31T12:00:02Z", "two\nlong line\nlast\n")]
    [InlineData("?sinceSeconds=1", "")]
    public async Task Options_select_lines(string query, string expected)
    {
        File.WriteAllText(
            LogPath,
            "2025-01-31T12:00:01.000000001Z stdout F one\n2025-01-31T12:00:02.000000002Z stderr F two\n" +
            "2025-01-31T12:00:03.1Z stdout P long \n2025-01-31T12:00:03.2Z stdout F line\n2025-01-31T12:00:20.000000004Z stdout F last\n");

        Assert.Equal(expected, await ReadAsync(query));
    }

    [Fact]
    public async Task Tail_is_found_across_blocks()
    {
        File.WriteAllLines(LogPath, Enumerable.Range(0, 5000).Select(i => $"2025-01-31T12:00:01Z stdout F line {i} {new string('x', 40)}"));

        var lines = (await ReadAsync("?tailLines=3000")).TrimEnd().Split('\n');

        Assert.Equal(3000, lines.Length);
        Assert.StartsWith("line 2000 ", lines[0]);
    }

    [Fact]
    public async Task Empty_line_and_one_longer_than_a_block_are_kept()
    {
        var longLine = new string('y', 300_000);
        File.WriteAllText(LogPath, $"2025-01-31T12:00:01Z stdout F \n2025-01-31T12:00:01Z stdout F {longLine}\n");

        Assert.Equal($"\n{longLine}\n", await ReadAsync(""));
    }

    [Fact]
    public async Task Followed_log_is_read_on_through_rotation_until_the_container_ends()
    {
        File.WriteAllText(LogPath, "2025-01-31T12:00:01Z stdout F one\n");
        var ended = new TaskCompletionSource();
        using var output = new MemoryStream();
        var following = new ContainerLog(_changes).WriteAsync(LogPath, Options("?follow=true"), output, ended.Task, TestContext.Current.CancellationToken);

        await UntilAsync(output, "one\n");
        File.AppendAllText(LogPath, "2025-01-31T12:00:02Z stdout F two\n");
        await UntilAsync(output, "one\ntwo\n");
        File.Move(LogPath, LogPath + ".rotated");
        File.WriteAllText(LogPath, "2025-01-31T12:00:03Z stdout F three\n");
        await UntilAsync(output, "one\ntwo\nthree\n");
        Assert.False(following.IsCompleted);
        ended.SetResult();
        File.AppendAllText(LogPath, "2025-01-31T12:00:04Z stdout F four\n");
        await following.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);

        Assert.Equal("one\ntwo\nthree\nfour\n", Text(output));
    }

    [Theory]
    [InlineData("?tailLines=-1", "tailLines")]
    [InlineData("?sinceTime=yesterday", "sinceTime")]
    public void Option_that_makes_no_sense_is_named(string query, string name) =>
        Assert.Contains(name, Assert.Throws<FormatException>(() => Options(query)).Message);

    [Theory]
    [InlineData("ImagePullBackOff", false, "container \"c\" in pod \"p\" is waiting to start: trying and failing to pull image")]
    [InlineData("ErrImagePull", false, "container \"c\" in pod \"p\" is waiting to start: image can't be pulled")]
    [InlineData("ContainerCreating", false, "container \"c\" in pod \"p\" is waiting to start: ContainerCreating")]
    [InlineData("ContainerCreating", true, "previous terminated container \"c\" in pod \"p\" not found")]
    public void Missing_log_is_told_in_kubelets_words(string reason, bool previous, string expected) => Assert.Equal(
        expected,
        LogEndpoint.Problem(new NodeContainer { Name = "c", WaitingReason = reason }, "p", Options(previous ? "?previous=true" : "")));

    private static LogOptions Options(string query) =>
        LogOptions.From(new QueryCollection(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query)), Now);

    private async Task<string> ReadAsync(string query)
    {
        using var output = new MemoryStream();
        await new ContainerLog(_changes).WriteAsync(LogPath, Options(query), output, Task.CompletedTask, TestContext.Current.CancellationToken);
        return Text(output);
    }

    private static string Text(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray());

    private static async Task UntilAsync(MemoryStream output, string expected)
    {
        for (var i = 0; i < 500 && Text(output) != expected; i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal(expected, Text(output));
    }
}
