using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Remediation;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Jobs;

/// <summary>From a RayJob to what submits its job: a Job of Kubernetes, or a container in the head pod.</summary>
internal static class SubmitterBuilder
{
    public const string ContainerName = "ray-job-submitter";

    /// <summary>The Job that submits.</summary>
    public static JsonObject Job(RayJobView job, RayJobStatus status, RayClusterView cluster)
    {
        var template = job.Object.Object("spec", "submitterPodTemplate")?.Clone() ?? new JsonObject
        {
            ["spec"] = new JsonObject { ["containers"] = new JsonArray(DefaultContainer(cluster)), ["restartPolicy"] = "Never" },
        };
        var spec = template.Ensure("spec");
        var container = spec.Objects("containers").FirstOrDefault() ?? throw new InvalidOperationException("submitterPodTemplate: at least one container is expected");
        if (container.List("command") is not { Count: > 0 })
        {
            var address = WithScheme(status.DashboardAddress);
            SetCommand(job, container, SubmitterCommand.Write(job, status.JobId, address, address, checksFirst: true));
        }
        AddEnvironment(container, status.DashboardAddress, status.JobId);
        RayAuthentication.AddEnvironment(cluster, container);
        RayAuthentication.AddVolume(cluster, spec);
        if (job.PodSecurityDefaults) PodSecurityDefaults.Apply(spec);
        var labels = Labels(job);
        foreach (var (key, value) in labels) template.Ensure("metadata", "labels")[key] = value!.DeepClone();
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = job.Name,
                ["namespace"] = job.Namespace,
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(job.Object)),
            },
            ["spec"] = new JsonObject { ["backoffLimit"] = job.SubmitterBackoffLimit, ["template"] = template },
        };
    }

    /// <summary>The pod of the Job, to ask the server whether it would be let in.</summary>
    public static JsonObject Pod(JsonObject job)
    {
        var pod = job.Object("spec", "template")!.Clone();
        (pod["apiVersion"], pod["kind"]) = ("v1", "Pod");
        pod.Metadata["generateName"] = $"{job.Name}-";
        pod.Metadata["namespace"] = job.Namespace;
        return pod;
    }

    /// <summary>The container that submits from within the head pod.</summary>
    public static JsonObject Sidecar(RayJobView job, RayJobStatus status, RayClusterView cluster)
    {
        var port = PodBuilder.RayContainer(cluster.Head)?.Objects("ports").FirstOrDefault(p => p.Text("name") == RayPorts.DashboardName)?.Integer("containerPort") ?? RayPorts.Dashboard;
        var restarts = cluster.Gate(FeatureGates.SidecarSubmitterRestart);
        var container = DefaultContainer(cluster);
        SetCommand(job, container, SubmitterCommand.Write(job, status.JobId, $"http://127.0.0.1:{port}", $"http://localhost:{port}", restarts));
        AddEnvironment(container, "", status.JobId);
        RayAuthentication.AddEnvironment(cluster, container);
        if (restarts) container["restartPolicy"] = "OnFailure";
        return container;
    }

    private static JsonObject DefaultContainer(RayClusterView cluster) => new()
    {
        ["name"] = ContainerName,
        ["image"] = PodBuilder.RayContainer(cluster.Head)?.Text("image"),
        ["resources"] = new JsonObject
        {
            ["limits"] = new JsonObject { ["cpu"] = "1", ["memory"] = "1Gi" },
            ["requests"] = new JsonObject { ["cpu"] = "500m", ["memory"] = "200Mi" },
        },
    };

    private static void SetCommand(RayJobView job, JsonObject container, string command)
    {
        container["command"] = ContainerEditing.Texts("/bin/bash", job.Options.LoginShell ? "-cel" : "-ce", "--");
        container["args"] = ContainerEditing.Texts(command);
    }

    private static void AddEnvironment(JsonObject container, string address, string jobId)
    {
        container.AddEnv("PYTHONUNBUFFERED", "1");
        var env = container.EnsureList("env");
        env.AddNode(address.Length == 0
            ? new JsonObject { ["name"] = "RAY_DASHBOARD_ADDRESS" }
            : new JsonObject { ["name"] = "RAY_DASHBOARD_ADDRESS", ["value"] = address });
        container.AddEnv("RAY_JOB_SUBMISSION_ID", jobId);
    }

    private static JsonObject Labels(RayJobView job) => new()
    {
        [RayLabels.OriginatedFromName] = job.Name,
        [RayLabels.OriginatedFromKind] = "RayJob",
        [RayLabels.CreatedBy] = RayLabels.Operator,
    };

    private static string WithScheme(string address) => address.StartsWith("http://", StringComparison.Ordinal) ? address : $"http://{address}";
}
