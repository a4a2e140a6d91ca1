namespace Mobula.Cli.Tests.EndToEnd;

/// <summary>A control plane alone, used as people use it. Needs no root.</summary>
public sealed class ControlPlaneTests : IDisposable
{
    private readonly MobulaProgram _mobula = new();

    public void Dispose() => _mobula.Dispose();

    [Fact]
    public async Task Cluster_is_used_with_kubectl_and_leaves_nothing()
    {
        RequireKubectl();
        await Succeeds(_mobula.MobulaAsync("create", "cluster", "--name", "a", "--node", "none"));

        await Succeeds(_mobula.KubectlAsync("create", "configmap", "x", "--from-literal=a=b"));
        Assert.Equal("b", (await Succeeds(_mobula.KubectlAsync("get", "configmap", "x", "-o", "jsonpath={.data.a}"))).Output);
        await Succeeds(_mobula.MobulaAsync("delete", "cluster", "--name", "a"));

        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(_mobula.DataDirectory, "clusters")));
        Assert.DoesNotContain("mobula-a", await File.ReadAllTextAsync(_mobula.Kubeconfig, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Objects_survive_kill_9_of_the_server()
    {
        RequireKubectl();
        await Succeeds(_mobula.MobulaAsync("create", "cluster", "--name", "a", "--node", "none"));
        await Succeeds(_mobula.KubectlAsync("create", "configmap", "x", "--from-literal=a=b"));

        using (var server = _mobula.Server("a"))
        {
            server.Kill();
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        await Succeeds(_mobula.MobulaAsync("start", "cluster", "--name", "a"));

        Assert.Equal("b", (await Succeeds(_mobula.KubectlAsync("get", "configmap", "x", "-o", "jsonpath={.data.a}"))).Output);
    }

    [Theory]
    [InlineData("{ nothing of sense")]
    [InlineData("""{"format":99,"kubernetesVersion":"v9","port":1,"kubeconfig":""}""")]
    public async Task Cluster_whose_record_cannot_be_read_is_deleted_as_its_error_says(string record)
    {
        await Succeeds(_mobula.MobulaAsync("create", "cluster", "--name", "a", "--node", "none"));
        await Succeeds(_mobula.MobulaAsync("stop", "cluster", "--name", "a"));
        var folder = Path.Combine(_mobula.DataDirectory, "clusters", "a");
        await File.WriteAllTextAsync(Path.Combine(folder, "cluster.json"), record, TestContext.Current.CancellationToken);

        var refused = await _mobula.MobulaAsync("start", "cluster", "--name", "a");
        await Succeeds(_mobula.MobulaAsync("delete", "cluster", "--name", "a"));

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("cluster.json", refused.Error);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Same_name_twice_at_once_makes_one_cluster()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => _mobula.MobulaAsync("create", "cluster", "--name", "a", "--node", "none")));

        Assert.Equal([0, 2], outcomes.Select(o => o.ExitCode).Order());
        Assert.Contains("there is a cluster \"a\" already", outcomes.Single(o => o.ExitCode == 2).Error);
        Assert.Equal("a\n", (await _mobula.MobulaAsync("get", "clusters")).Output);
    }

    [Fact]
    public async Task Port_in_use_is_one_clear_line_and_makes_nothing()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;

        var outcome = await _mobula.MobulaAsync("create", "cluster", "--node", "none", "--port", $"{port}");

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith($"mobula: port {port} of 127.0.0.1 is in use.", outcome.Error);
        Assert.Equal("", (await _mobula.MobulaAsync("get", "clusters")).Output);
    }

    [Fact]
    public async Task Invalid_audit_policy_stops_the_start_with_its_place()
    {
        var policy = Path.Combine(_mobula.Folder, "policy.yaml");
        await File.WriteAllTextAsync(policy, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Everything\n", TestContext.Current.CancellationToken);

        var outcome = await _mobula.MobulaAsync("create", "cluster", "--node", "none", "--audit-policy-file", policy);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"{policy}:4:", outcome.Error);
        Assert.Equal("", (await _mobula.MobulaAsync("get", "clusters")).Output);
    }

    [Fact]
    public async Task Admission_configuration_is_in_force_or_stops_the_start()
    {
        RequireKubectl();
        var file = Path.Combine(_mobula.Folder, "admission.yaml");
        await File.WriteAllTextAsync(file, Admission("strict"), TestContext.Current.CancellationToken);

        var refused = await _mobula.MobulaAsync("create", "cluster", "--node", "none", "--admission-control-config-file", file);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"{file}: failed to apply admission: failed to initialize admission plugin \"PodSecurity\"", refused.Error);

        await File.WriteAllTextAsync(file, Admission("restricted"), TestContext.Current.CancellationToken);
        await Succeeds(_mobula.MobulaAsync("create", "cluster", "--name", "b", "--node", "none", "--admission-control-config-file", file));
        var run = await _mobula.KubectlAsync("run", "p", "--image", "x", "--restart", "Never");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is forbidden: violates PodSecurity \"restricted:latest\"", run.Error);

        static string Admission(string level) => $$"""
            apiVersion: apiserver.config.k8s.io/v1
            kind: AdmissionConfiguration
            plugins:
            - name: PodSecurity
              configuration:
                apiVersion: pod-security.admission.config.k8s.io/v1
                kind: PodSecurityConfiguration
                defaults: {enforce: {{level}}}
            """;
    }

    [Fact]
    public async Task Audit_log_tells_of_a_refused_pod()
    {
        RequireKubectl();
        var policy = Path.Combine(_mobula.Folder, "policy.yaml");
        await File.WriteAllTextAsync(policy, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n", TestContext.Current.CancellationToken);
        await Succeeds(_mobula.MobulaAsync("create", "cluster", "--name", "a", "--node", "none", "--audit-policy-file", policy));
        await Succeeds(_mobula.KubectlAsync("create", "ns", "strict"));
        await Succeeds(_mobula.KubectlAsync("label", "ns", "strict", "pod-security.kubernetes.io/enforce=restricted"));

        var run = await _mobula.KubectlAsync("run", "p", "-n", "strict", "--image", "x", "--restart", "Never");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false", run.Error);
        var table = (await _mobula.MobulaAsync("audit", "--name", "a", "-n", "strict", "--denied")).Output;
        Assert.Contains("create pods", table);
        Assert.Contains("└ p  allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile", table);
    }

    private static void RequireKubectl() => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, "kubectl"))), "kubectl is not on the PATH");

    private static async Task<CommandOutcome> Succeeds(Task<CommandOutcome> command)
    {
        var outcome = await command;
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return outcome;
    }
}
