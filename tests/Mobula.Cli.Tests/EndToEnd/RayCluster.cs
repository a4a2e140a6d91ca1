namespace Mobula.Cli.Tests.EndToEnd;

/// <summary>A cluster with a real node, Ray's image and the operator, in whose namespace <c>ray</c> the restricted standard is enforced.</summary>
public sealed class RayCluster : IAsyncLifetime
{
    public const string Namespace = "ray";
    private readonly MobulaProgram _mobula = new();

    /// <summary>Why nothing runs here; null when it does.</summary>
    public static string? Missing => !Environment.IsPrivilegedProcess ? "running containers takes root"
        : !File.Exists("/usr/bin/containerd") || !File.Exists("/usr/sbin/runc") ? "containerd and runc are not installed"
        : Images is not { } images || !File.Exists(Path.Combine(images, "ray.tar")) || !File.Exists(Path.Combine(images, "operator.tar")) ? "the images are not built: ./test builds them"
        : null;

    private static string? Images => Environment.GetEnvironmentVariable("MOBULA_IMAGES");

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null) return;
        await SucceedsAsync(_mobula.MobulaAsync("create", "cluster", "--name", "ray"));
        await SucceedsAsync(_mobula.MobulaAsync("load", "image-archive", Path.Combine(Images!, "operator.tar"), Path.Combine(Images!, "ray.tar"), "--name", "ray"));
        await SucceedsAsync(KubectlAsync("create", "namespace", Namespace));
        await SucceedsAsync(KubectlAsync("label", "namespace", Namespace, "pod-security.kubernetes.io/enforce=restricted"));
        await SucceedsAsync(_mobula.MobulaAsync("install", "operator", "-n", Namespace));
        await SucceedsAsync(KubectlAsync("rollout", "status", "-n", Namespace, "deployment/mobula-operator", "--timeout=60s"));
    }

    public ValueTask DisposeAsync()
    {
        _mobula.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Applies a manifest.</summary>
    public async Task ApplyAsync(string manifest)
    {
        var file = Path.Combine(_mobula.Folder, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, manifest);
        await SucceedsAsync(KubectlAsync("apply", "-n", Namespace, "-f", file));
    }

    public Task<CommandOutcome> KubectlAsync(params IEnumerable<string> arguments) => _mobula.KubectlAsync(arguments);

    /// <summary>What kubectl prints; it must succeed.</summary>
    public static async Task<string> SucceedsAsync(Task<CommandOutcome> command)
    {
        var outcome = await command;
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return outcome.Output;
    }

    /// <summary>Waits for a field of an object; when it does not come, tells how all stands.</summary>
    public async Task UntilAsync(string resource, string path, string value, int seconds = 60)
    {
        var waited = await KubectlAsync("wait", "-n", Namespace, resource, $"--for=jsonpath={path}={value}", $"--timeout={seconds}s");
        if (waited.ExitCode == 0) return;
        var state = await KubectlAsync("describe", "-n", Namespace, resource);
        var pods = await KubectlAsync("get", "pods", "-n", Namespace, "-o", "wide");
        Assert.Fail($"{waited}\n{state.Output}\n{pods.Output}");
    }

    /// <summary>A manifest of the repository's samples.</summary>
    public static string Sample(string name)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Mobula.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no repository above the tests");
        return File.ReadAllText(Path.Combine(folder, "samples", name));
    }
}
