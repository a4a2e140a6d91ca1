using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Mobula.Cli.Tests.EndToEnd;

/// <summary>The whole walk, in real containers.</summary>
public sealed partial class TutorialTests(ITestOutputHelper output) : IDisposable
{
    private readonly MobulaProgram _mobula = new();

    public void Dispose() => _mobula.Dispose();

    [Fact]
    public async Task Pod_security_tutorial_succeeds_and_leaves_nothing()
    {
        RequireContainers();

        var outcome = await _mobula.MobulaAsync("tutorial", "pod-security");

        output.WriteLine(outcome.ToString());
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains("Everything was removed.", outcome.Output);
    }

    [Fact]
    public async Task Kept_cluster_shows_its_jobs_in_a_browser_and_gives_a_terminal()
    {
        RequireContainers();
        Assert.SkipUnless(File.Exists("/usr/bin/chromium"), "chromium is not installed");
        var walk = await _mobula.MobulaAsync("tutorial", "pod-security", "--keep");
        Assert.True(walk.ExitCode == 0, walk.ToString());
        var kubeconfig = KubeconfigPattern().Match(walk.Output).Groups[1].Value;

        var head = (await KubectlAsync(kubeconfig, "get", "pods", "-n", "pod-security", "-l", "ray.io/node-type=head", "-o", "name")).Output.Trim();
        var terminal = await _mobula.RunAsync("script", ["-qec", $"kubectl --kubeconfig {kubeconfig} exec -it -n pod-security {head} -- bash -c 'tty && id -u'", "/dev/null"]);
        var port = FreePort();
        using var forward = Process.Start(new ProcessStartInfo("kubectl", ["--kubeconfig", kubeconfig, "port-forward", "-n", "pod-security", "svc/raycluster-complete-head-svc", $"{port}:8265"]) { RedirectStandardOutput = true })!;
        await forward.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var page = await _mobula.RunAsync("chromium",
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            $"--user-data-dir={Path.Combine(_mobula.Folder, "chromium")}", "--virtual-time-budget=5000", "--dump-dom", $"http://127.0.0.1:{port}/#/jobs",
        ]);
        forward.Kill();
        await _mobula.MobulaAsync("delete", "cluster", "--name", "tutorial");

        Assert.Contains("/dev/pts/", terminal.Output);
        Assert.Contains("1000", terminal.Output);
        Assert.Contains("SUCCEEDED", page.Output);
        Assert.Contains("xgboost_example.py", page.Output);
    }

    private static void RequireContainers()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "running containers takes root");
        Assert.SkipUnless(File.Exists("/usr/bin/containerd") && File.Exists("/usr/sbin/runc"), "containerd and runc are not installed");
        var images = Environment.GetEnvironmentVariable("MOBULA_IMAGES");
        Assert.SkipUnless(images is not null && File.Exists(Path.Combine(images, "ray.tar")) && File.Exists(Path.Combine(images, "operator.tar")), "the images are not built: ./test builds them");
    }

    private Task<CommandOutcome> KubectlAsync(string kubeconfig, params IEnumerable<string> arguments) => _mobula.KubectlAsync(["--kubeconfig", kubeconfig, .. arguments]);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("export KUBECONFIG=(\\S+)")]
    private static partial Regex KubeconfigPattern();
}
