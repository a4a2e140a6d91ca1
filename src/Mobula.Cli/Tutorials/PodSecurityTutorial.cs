using System.Diagnostics;
using System.Text.Json.Nodes;
using Mobula.Cli.Clusters;
using Mobula.Kubernetes;

namespace Mobula.Cli.Tutorials;

/// <summary>The Pod Security guide for RayClusters: a restricted namespace, a refused RayCluster, a hardened one that works.</summary>
/// <param name="shell">Runs the command lines; its working folder holds the samples.</param>
/// <param name="dataDirectory">Where the cluster keeps its things.</param>
/// <param name="imageArchives">The archives of the operator's and of Ray's image.</param>
/// <param name="dashboardPort">The local port for the dashboard.</param>
internal sealed class PodSecurityTutorial(TutorialShell shell, string? dataDirectory, IReadOnlyList<string> imageArchives, int dashboardPort) : IDisposable
{
    /// <summary>The cluster's name: other than the namespace's, so that neither is mistaken for the other in a log.</summary>
    public const string ClusterName = "tutorial";

    private const string Namespace = "pod-security";
    private const string RayCluster = "raycluster-complete";
    private const string Samples = "samples/pod-security";
    private const string Violation = "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"ray-head\" must set securityContext.allowPrivilegeEscalation=false)";

    private readonly HttpClient _dashboard = new() { BaseAddress = new($"http://127.0.0.1:{dashboardPort}"), Timeout = TimeSpan.FromSeconds(10) };
    private Process? _portForward;
    private string _head = "";

    /// <summary>The steps, in their order.</summary>
    public IReadOnlyList<TutorialStep> Steps =>
    [
        new("A cluster with an audit policy", CreateClusterAsync),
        new("The audit log knows nothing of the namespace yet", ShowEmptyAuditLogAsync),
        new("A namespace under the restricted standard", LabelNamespaceAsync),
        new("The Ray operator, installed there and itself restricted", InstallOperatorAsync),
        new("A RayCluster without a securityContext: refused, and told why", ApplyUnsafeClusterAsync),
        new("The same RayCluster, hardened: it runs", ApplyFixedClusterAsync),
        new("A Ray job, and the dashboard", RunJobAsync),
        new("Packages can be installed by the unprivileged user", InstallPackageAsync),
        new("Everything is cleaned up", CleanUpAsync),
    ];

    /// <summary>The cluster's folder.</summary>
    public ClusterDirectory Cluster => ClusterDirectory.Of(dataDirectory, ClusterName);

    /// <inheritdoc/>
    public void Dispose()
    {
        EndPortForward();
        _dashboard.Dispose();
    }

    private async Task<string> CreateClusterAsync(CancellationToken cancellation)
    {
        await shell.DoAsync($"mobula create cluster --name {ClusterName} --config {Samples}/kind-config.yaml --image kindest/node:v1.24.0", cancellation).ConfigureAwait(false);
        await shell.DoAsync($"mobula load image-archive --name {ClusterName} {string.Join(' ', imageArchives)}", cancellation).ConfigureAwait(false);
        await shell.DoAsync("kubectl wait --for=condition=Ready node --all --timeout=60s", cancellation).ConfigureAwait(false);
        var nodes = await shell.DoAsync("kubectl get nodes", cancellation).ConfigureAwait(false);
        Expect(nodes.Output.Contains("v1.24.0", StringComparison.Ordinal), "a node of version v1.24.0", nodes.Output);
        return "the node is Ready";
    }

    private async Task<string> ShowEmptyAuditLogAsync(CancellationToken cancellation)
    {
        var result = await shell.DoAsync($"mobula audit --name {ClusterName} -n {Namespace}", cancellation).ConfigureAwait(false);
        Expect(result.Error.Contains("of 0 requests", StringComparison.Ordinal), "no requests about the namespace", result.Both);
        return "0 requests";
    }

    private async Task<string> LabelNamespaceAsync(CancellationToken cancellation)
    {
        const string prefix = "pod-security.kubernetes.io";
        await shell.DoAsync($"kubectl create ns {Namespace}", cancellation).ConfigureAwait(false);
        await shell.DoAsync(
            $"kubectl label --overwrite ns {Namespace} {prefix}/warn=restricted {prefix}/warn-version=latest {prefix}/audit=restricted {prefix}/audit-version=latest {prefix}/enforce=restricted {prefix}/enforce-version=latest",
            cancellation).ConfigureAwait(false);
        return "enforce, audit and warn are restricted:latest";
    }

    private async Task<string> InstallOperatorAsync(CancellationToken cancellation)
    {
        await shell.DoAsync($"mobula install operator -n {Namespace}", cancellation).ConfigureAwait(false);
        await shell.DoAsync($"kubectl rollout status -n {Namespace} deployment/mobula-operator --timeout=90s", cancellation).ConfigureAwait(false);
        return "the operator's own pod passed the restricted standard";
    }

    private async Task<string> ApplyUnsafeClusterAsync(CancellationToken cancellation)
    {
        var apply = await shell.DoAsync($"kubectl apply -n {Namespace} -f {Samples}/raycluster.yaml", cancellation).ConfigureAwait(false);
        Expect(apply.Error.Contains("Warning: ", StringComparison.Ordinal) && apply.Error.Contains("ray-head", StringComparison.Ordinal), "a warning that names the violations", apply.Both);
        var cluster = await UntilAsync(
            $"kubectl get -n {Namespace} raycluster {RayCluster} -o json",
            c => c.Objects("status", "conditions").Any(IsPodSecurityRefusal),
            "the condition PodsAdmitted to be False with reason PodSecurityViolation",
            cancellation).ConfigureAwait(false);
        var message = cluster.Objects("status", "conditions").First(IsPodSecurityRefusal).Text("message") ?? "";
        Expect(message.Contains("ray-head", StringComparison.Ordinal), "the condition to name the container", message);
        var describe = await shell.DoAsync($"kubectl describe -n {Namespace} raycluster {RayCluster}", cancellation, showEnd: true).ConfigureAwait(false);
        Expect(describe.Output.Contains(Violation, StringComparison.Ordinal), "an event in Kubernetes' own words", describe.Output);
        var pods = await PodsAsync(cancellation).ConfigureAwait(false);
        Expect(pods.Count == 0, "no Ray pod", $"{pods.Count} pods");
        var table = await shell.DoAsync($"mobula audit --name {ClusterName} --denied -n {Namespace}", cancellation).ConfigureAwait(false);
        Expect(table.Output.Contains("ray-head", StringComparison.Ordinal), "the refused pod in the audit log's table", table.Both);
        var log = await shell.RunAsync($"mobula audit --name {ClusterName} --denied -n {Namespace} -o json", cancellation).ConfigureAwait(false);
        Expect(
            log.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Any(l => JsonNode.Parse(l) is JsonObject e && (e.Text("responseStatus", "message") ?? "").Contains("is forbidden: " + Violation, StringComparison.Ordinal)),
            "the raw audit log to hold the refusal word for word",
            log.Output);
        return "0 Ray pods; the warning, the condition, the event and the audit log name the violations";
    }

    private async Task<string> ApplyFixedClusterAsync(CancellationToken cancellation)
    {
        var diff = await shell.DoAsync($"mobula fix -f {Samples}/raycluster.yaml --diff", cancellation).ConfigureAwait(false);
        Expect(diff.Output.Contains("allowPrivilegeEscalation: false", StringComparison.Ordinal), "a diff that hardens the pods", diff.Both);
        await shell.DoAsync($"mobula fix -f {Samples}/raycluster.yaml -o fixed.yaml", cancellation).ConfigureAwait(false);
        var apply = await shell.DoAsync($"kubectl apply -n {Namespace} -f fixed.yaml", cancellation).ConfigureAwait(false);
        Expect(!apply.Error.Contains("PodSecurity", StringComparison.Ordinal), "no warning", apply.Both);
        await WaitForRayPodsAsync(cancellation).ConfigureAwait(false);
        await shell.DoAsync($"kubectl get -n {Namespace} pods", cancellation).ConfigureAwait(false);
        var unfixed = await TryUnfixedWithHardeningAsync(cancellation).ConfigureAwait(false);
        return $"head and worker are Ready under restricted{unfixed}";
    }

    /// <summary>With the operator's own hardening on, which is its default, the manifest needs no securityContext.</summary>
    private async Task<string> TryUnfixedWithHardeningAsync(CancellationToken cancellation)
    {
        var manifest = await File.ReadAllTextAsync(Path.Combine(shell.WorkingDirectory, Samples, "raycluster.yaml"), cancellation).ConfigureAwait(false);
        var hardened = manifest
            .Replace("mobula.dev/pod-security-defaults: \"false\"", "mobula.dev/pod-security-defaults: \"true\"", StringComparison.Ordinal)
            .Replace($"name: {RayCluster}", $"name: {RayCluster}-unfixed", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(shell.WorkingDirectory, "unfixed.yaml"), hardened, cancellation).ConfigureAwait(false);
        await shell.DoAsync($"kubectl apply -n {Namespace} -f unfixed.yaml", cancellation).ConfigureAwait(false);
        await shell.DoAsync($"kubectl wait -n {Namespace} raycluster/{RayCluster}-unfixed --for=condition=HeadPodReady --timeout=90s", cancellation).ConfigureAwait(false);
        await shell.DoAsync($"kubectl delete -n {Namespace} raycluster {RayCluster}-unfixed", cancellation).ConfigureAwait(false);
        return "; with the operator's hardening on, so is the unfixed one";
    }

    private async Task<string> RunJobAsync(CancellationToken cancellation)
    {
        _portForward = shell.StartInBackground($"kubectl port-forward -n {Namespace} svc/{RayCluster}-head-svc {dashboardPort}:8265");
        var page = await GetDashboardAsync("/#/jobs", cancellation).ConfigureAwait(false);
        Expect(page.Contains("<html", StringComparison.OrdinalIgnoreCase), $"the dashboard at http://127.0.0.1:{dashboardPort}/#/jobs", page);
        var run = await shell.DoAsync($"kubectl exec -n {Namespace} {_head} -- python3 samples/xgboost_example.py", cancellation).ConfigureAwait(false);
        Expect(run.Both.Contains("train-logloss", StringComparison.Ordinal), "the training's metrics", run.Both);
        var jobs = await GetDashboardAsync("/api/jobs/", cancellation).ConfigureAwait(false);
        Expect(
            JsonNode.Parse(jobs) is JsonArray list && list.OfType<JsonObject>().Any(j => j.Text("status") == "SUCCEEDED"),
            "the dashboard to show the job SUCCEEDED",
            jobs);
        return $"SUCCEEDED in the dashboard at http://127.0.0.1:{dashboardPort}/#/jobs";
    }

    private async Task<string> InstallPackageAsync(CancellationToken cancellation)
    {
        await shell.DoAsync($"kubectl exec -n {Namespace} {_head} -- pip3 install jsonpatch", cancellation).ConfigureAwait(false);
        var user = await shell.DoAsync($"kubectl exec -n {Namespace} {_head} -- id -u", cancellation).ConfigureAwait(false);
        Expect(user.Output.Trim() is not ("0" or ""), "a user other than root", user.Both);
        return $"pip exited 0 as user {user.Output.Trim()}";
    }

    private async Task<string> CleanUpAsync(CancellationToken cancellation)
    {
        EndPortForward();
        await shell.DoAsync($"kubectl delete -n {Namespace} raycluster {RayCluster}", cancellation).ConfigureAwait(false);
        // A kubectl before 1.24 calls it an error when all are gone already.
        await shell.DoAsync($"kubectl wait -n {Namespace} --for=delete pod -l ray.io/cluster={RayCluster} --timeout=90s", cancellation, orSays: "no matching resources found").ConfigureAwait(false);
        var traces = ClusterTraces.Of(Cluster);
        await shell.DoAsync($"mobula delete cluster --name {ClusterName}", cancellation).ConfigureAwait(false);
        var left = traces.Remaining();
        Expect(left.Count == 0, "nothing left on this machine", string.Join('\n', left));
        return "no container, network, mount, rule or file is left";
    }

    private async Task WaitForRayPodsAsync(CancellationToken cancellation)
    {
        await UntilAsync(
            $"kubectl get -n {Namespace} pods -l ray.io/cluster={RayCluster} -o json",
            l => l.Objects("items").Count() >= 2,
            "a head pod and a worker pod",
            cancellation).ConfigureAwait(false);
        await shell.DoAsync($"kubectl wait -n {Namespace} --for=condition=Ready pod -l ray.io/cluster={RayCluster} --timeout=120s", cancellation).ConfigureAwait(false);
        var pods = await PodsAsync(cancellation).ConfigureAwait(false);
        _head = pods.FirstOrDefault(p => p.Label("ray.io/node-type") == "head")?.Name ?? throw new TutorialFailure("a pod labelled ray.io/node-type=head", $"{pods.Count} pods");
    }

    private async Task<IReadOnlyList<JsonObject>> PodsAsync(CancellationToken cancellation)
    {
        var result = await shell.RunAsync($"kubectl get -n {Namespace} pods -l ray.io/cluster={RayCluster} -o json", cancellation).ConfigureAwait(false);
        return JsonNode.Parse(result.Output) is JsonObject list ? [.. list.Objects("items")] : [];
    }

    private async Task<JsonObject> UntilAsync(string commandLine, Func<JsonObject, bool> holds, string expected, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var result = await shell.RunAsync(commandLine, cancellation).ConfigureAwait(false);
            if (result.ExitCode == 0 && JsonNode.Parse(result.Output) is JsonObject o && holds(o)) return o;
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(60)) throw new TutorialFailure(expected, result.Both.Trim());
            await Task.Delay(200, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<string> GetDashboardAsync(string path, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await _dashboard.GetStringAsync(path, cancellation).ConfigureAwait(false);
            }
            catch (HttpRequestException e) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15))
            {
                if (_portForward is { HasExited: true } ended) throw new TutorialFailure("the port-forward to run", await ended.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false) + e.Message);
                await Task.Delay(100, cancellation).ConfigureAwait(false);
            }
            catch (HttpRequestException e)
            {
                throw new TutorialFailure($"an answer of {_dashboard.BaseAddress}{path.TrimStart('/')}", e.Message);
            }
        }
    }

    private void EndPortForward()
    {
        if (_portForward is null) return;
        if (!_portForward.HasExited) _portForward.Kill();
        _portForward.Dispose();
        _portForward = null;
    }

    private static bool IsPodSecurityRefusal(JsonObject condition) =>
        condition.Text("type") == "PodsAdmitted" && condition.Text("status") == "False" && condition.Text("reason") == "PodSecurityViolation";

    private static void Expect(bool holds, string expected, string seen)
    {
        if (!holds) throw new TutorialFailure(expected, seen.Trim());
    }
}
