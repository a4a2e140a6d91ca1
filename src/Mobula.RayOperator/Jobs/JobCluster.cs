using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Pods;
using Mobula.RayOperator.Services;

namespace Mobula.RayOperator.Jobs;

/// <summary>The RayCluster of a RayJob and the Service that leads to its head under the RayJob's name.</summary>
internal static class JobCluster
{
    public static JsonObject Build(RayJobView job, RayJobStatus status)
    {
        var labels = job.Object.Object("metadata", "labels")?.Clone() ?? [];
        labels[RayLabels.OriginatedFromName] = job.Name;
        labels[RayLabels.OriginatedFromKind] = "RayJob";
        labels[RayLabels.JobSubmissionMode] = job.Mode;
        var annotations = job.Object.Object("metadata", "annotations")?.Clone() ?? [];
        var metadata = new JsonObject { ["name"] = status.ClusterName, ["namespace"] = job.Namespace, ["labels"] = labels };
        var spec = job.ClusterSpec?.Clone() ?? [];
        TypedForm.Complete(spec);
        var cluster = new JsonObject { ["apiVersion"] = RayResources.ApiVersion, ["kind"] = "RayCluster", ["metadata"] = metadata, ["spec"] = spec };
        if (job.Mode == SubmissionModes.Sidecar)
        {
            annotations[RayAnnotations.DisableProvisionedHeadRestart] = "true";
            var submitter = SubmitterBuilder.Sidecar(job, status, new(cluster.Clone(), job.Options));
            var pod = spec.Ensure("headGroupSpec", "template", "spec");
            pod.EnsureList("containers").AddNode(submitter);
            pod["restartPolicy"] = "Never";
        }
        if (annotations.Count > 0) metadata["annotations"] = annotations;
        metadata["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(job.Object));
        return cluster;
    }

    /// <summary>The head Service under the RayJob's name: it stays while clusters come and go.</summary>
    public static JsonObject HeadService(RayJobView job, RayClusterView cluster)
    {
        var service = ServiceBuilder.Head(cluster);
        var metadata = service.Metadata;
        metadata.Remove("annotations");
        metadata["name"] = job.HeadServiceName;
        metadata["labels"] = new JsonObject
        {
            [RayLabels.OriginatedFromName] = job.Name,
            [RayLabels.OriginatedFromKind] = "RayJob",
            [RayLabels.NodeType] = RayLabels.Head,
            [RayLabels.Identifier] = ObjectNames.CheckLabel($"{job.Name}-head"),
        };
        metadata["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(job.Object));
        return service;
    }
}
