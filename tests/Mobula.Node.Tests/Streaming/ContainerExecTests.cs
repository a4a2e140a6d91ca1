using System.Text;
using Mobula.Node.Streaming;
using Mobula.Node.Tests.Containerd;

namespace Mobula.Node.Tests.Streaming;

public sealed class ContainerExecTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exec_passes_streams_exit_codes_and_the_containers_user()
    {
        await using var host = await ContainerdHost.StartAsync();
        await using var pod = await TestPod.StartAsync(host, "exec", ["sleep", "1000"], uid: 1000);

        Assert.Equal((7, "out\n", "err\n"), await RunAsync(host, pod, "", "sh", "-c", "echo out; echo err >&2; exit 7"));
        Assert.Equal((0, "1000\n", ""), await RunAsync(host, pod, "", "id", "-u"));
        Assert.Equal((137, "", ""), await RunAsync(host, pod, "", "sh", "-c", "kill -9 $$"));
        Assert.Equal((0, "typed", ""), await RunAsync(host, pod, "typed", "cat"));
        Assert.Empty(Directory.GetFileSystemEntries(host.Options.RunDirectory, "pipes/*"));
    }

    [Fact]
    public async Task Large_input_comes_back_whole()
    {
        await using var host = await ContainerdHost.StartAsync();
        await using var pod = await TestPod.StartAsync(host, "large", ["sleep", "1000"]);
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i}\n"));

        Assert.Equal((0, text, ""), await RunAsync(host, pod, text, "cat"));
    }

    [Fact]
    public async Task Command_that_is_not_there_is_told_in_the_runtimes_words()
    {
        await using var host = await ContainerdHost.StartAsync();
        await using var pod = await TestPod.StartAsync(host, "missing", ["sleep", "1000"]);

        var error = await Assert.ThrowsAsync<ExecFailedException>(() => RunAsync(host, pod, "", "nosuch"));

        Assert.Matches(
            "^failed to exec in container: failed to start exec \"[0-9a-f]{64}\": OCI runtime exec failed: exec failed: " +
            "unable to start container process: exec: \"nosuch\": executable file not found in \\$PATH$",
            error.Message);
    }

    [Fact]
    public async Task Terminal_has_the_size_it_is_given()
    {
        await using var host = await ContainerdHost.StartAsync();
        await using var pod = await TestPod.StartAsync(host, "tty", ["sleep", "1000"]);
        await using var exec = await ContainerExec.StartAsync(
            host.Connection, Path.Combine(host.Options.RunDirectory, "pipes"), pod.ContainerId, ["sh"], stdin: true, tty: true, Cancellation);

        await exec.ResizeAsync(new TerminalSize(123, 45));
        await exec.Stdin!.WriteAsync("stty size; echo $TERM; exit 3\n"u8.ToArray(), Cancellation);
        var text = await ReadAsync(exec.Stdout);

        Assert.Contains("45 123", text);
        Assert.Contains("xterm", text);
        Assert.Equal(3, await exec.ExitCode);
    }

    private static async Task<(int ExitCode, string Out, string Err)> RunAsync(ContainerdHost host, TestPod pod, string input, params string[] command)
    {
        await using var exec = await ContainerExec.StartAsync(
            host.Connection, Path.Combine(host.Options.RunDirectory, "pipes"), pod.ContainerId, command, stdin: input.Length > 0, tty: false, Cancellation);
        var output = ReadAsync(exec.Stdout);
        var error = ReadAsync(exec.Stderr);
        if (exec.Stdin is { } stdin)
        {
            await stdin.WriteAsync(Encoding.UTF8.GetBytes(input), Cancellation);
            await exec.EndStdinAsync();
        }

        return (await exec.ExitCode.WaitAsync(TimeSpan.FromSeconds(20), Cancellation), await output, await error);
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var text = new MemoryStream();
        await stream.CopyToAsync(text, Cancellation);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
