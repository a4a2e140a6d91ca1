namespace Mobula.Cli.Tests.EndToEnd;

/// <summary>The whole walk, in real containers.</summary>
public sealed class TutorialTests(ITestOutputHelper output) : IDisposable
{
    private readonly MobulaProgram _mobula = new();

    public void Dispose() => _mobula.Dispose();

    [Fact]
    public async Task Pod_security_tutorial_succeeds_and_leaves_nothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "running containers takes root");
        Assert.SkipUnless(File.Exists("/usr/bin/containerd") && File.Exists("/usr/sbin/runc"), "containerd and runc are not installed");
        var images = Environment.GetEnvironmentVariable("MOBULA_IMAGES");
        Assert.SkipUnless(images is not null && File.Exists(Path.Combine(images, "ray.tar")) && File.Exists(Path.Combine(images, "operator.tar")), "the images are not built: ./test builds them");

        var outcome = await _mobula.MobulaAsync("tutorial", "pod-security");

        output.WriteLine(outcome.ToString());
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains("Everything was removed.", outcome.Output);
    }
}
