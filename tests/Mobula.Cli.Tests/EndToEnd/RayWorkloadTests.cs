using System.Text.RegularExpressions;

namespace Mobula.Cli.Tests.EndToEnd;

/// <summary>RayJobs and RayServices on real pods, from the manifest to what the user's code printed or answered.</summary>
public sealed partial class RayWorkloadTests(RayCluster cluster) : IClassFixture<RayCluster>
{
    [Fact]
    public async Task Job_runs_on_the_worker_and_its_cluster_goes_when_it_has_ended()
    {
        Assert.SkipUnless(RayCluster.Missing is null, RayCluster.Missing ?? "");
        await cluster.ApplyAsync(RayCluster.Sample("rayjob.yaml"));

        await cluster.UntilAsync("rayjob/sum", "{.status.jobDeploymentStatus}", "Complete");

        Assert.Equal("SUCCEEDED", await FieldAsync("rayjob/sum", "{.status.jobStatus}"));
        Assert.Contains("sum 285", await RayCluster.SucceedsAsync(cluster.KubectlAsync("logs", "-n", RayCluster.Namespace, "job/sum")), StringComparison.Ordinal);
        var name = await FieldAsync("rayjob/sum", "{.status.rayClusterName}");
        await RayCluster.SucceedsAsync(cluster.KubectlAsync("wait", "-n", RayCluster.Namespace, "--for=delete", $"raycluster/{name}", "--timeout=30s"));
        await RayCluster.SucceedsAsync(cluster.KubectlAsync("delete", "-n", RayCluster.Namespace, "rayjob", "sum", "--timeout=30s"));
    }

    [Fact]
    public async Task Quick_script_that_fails_beside_its_head_fails_the_job_with_its_last_words()
    {
        Assert.SkipUnless(RayCluster.Missing is null, RayCluster.Missing ?? "");
        var manifest = RayCluster.Sample("rayjob.yaml").Replace("name: sum", "name: fails", StringComparison.Ordinal).Replace("K8sJobMode", "SidecarMode", StringComparison.Ordinal);
        await cluster.ApplyAsync(Entrypoint().Replace(manifest, "entrypoint: python -c \"import sys; print('no way'); sys.exit(3)\"\n"));

        await cluster.UntilAsync("rayjob/fails", "{.status.jobDeploymentStatus}", "Failed");

        Assert.Equal("FAILED AppFailed", await FieldAsync("rayjob/fails", "{.status.jobStatus} {.status.reason}"));
        Assert.Contains("no way", await FieldAsync("rayjob/fails", "{.status.message}"), StringComparison.Ordinal);
        await RayCluster.SucceedsAsync(cluster.KubectlAsync("delete", "-n", RayCluster.Namespace, "rayjob", "fails", "--timeout=30s"));
    }

    [Fact]
    public async Task Service_answers_through_its_Kubernetes_Service()
    {
        Assert.SkipUnless(RayCluster.Missing is null, RayCluster.Missing ?? "");
        await cluster.ApplyAsync(RayCluster.Sample("rayservice.yaml"));

        await cluster.UntilAsync("rayservice/greet", "{.status.serviceStatus}", "Running");

        var head = await RayCluster.SucceedsAsync(cluster.KubectlAsync("get", "pods", "-n", RayCluster.Namespace, "-l", "ray.io/node-type=head,ray.io/serve=true", "-o", "name"));
        var answer = await RayCluster.SucceedsAsync(cluster.KubectlAsync("exec", "-n", RayCluster.Namespace, head.Trim(), "--", "wget", "-q", "-T", "5", "-t", "3", "-O-", "http://greet-serve-svc:8000/greet?name=ann"));
        Assert.Equal("""{"greeting":"hello ann"}""", answer.Trim());
        await RayCluster.SucceedsAsync(cluster.KubectlAsync("delete", "-n", RayCluster.Namespace, "rayservice", "greet", "--timeout=30s"));
    }

    private async Task<string> FieldAsync(string resource, string path) =>
        (await RayCluster.SucceedsAsync(cluster.KubectlAsync("get", "-n", RayCluster.Namespace, resource, "-o", $"jsonpath={path}"))).Trim();

    /// <summary>The field with the lines below it.</summary>
    [GeneratedRegex(@"entrypoint: >-\n(    .*\n)+")]
    private static partial Regex Entrypoint();
}
