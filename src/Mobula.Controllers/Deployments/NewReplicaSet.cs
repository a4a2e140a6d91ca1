using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Deployments;

/// <summary>Makes the ReplicaSet of a Deployment's present template.</summary>
internal static class NewReplicaSet
{
    public static JsonObject Build(JsonObject deployment, DeploymentSpec spec, IReadOnlyCollection<JsonObject> old, long revision)
    {
        var template = (deployment.Object("spec", "template") ?? []).Clone();
        var hash = TemplateHash.Compute(template, deployment.Integer("status", "collisionCount"));
        template.Ensure("metadata", "labels")[ReplicaSetFacts.TemplateHash] = hash;
        var selector = (deployment.Object("spec", "selector") ?? []).Clone();
        selector.Ensure("matchLabels")[ReplicaSetFacts.TemplateHash] = hash;
        var replicaSetSpec = new JsonObject { ["replicas"] = DeploymentScaling.NewSize(spec, old, 0) };
        if (deployment.Integer("spec", "minReadySeconds") is > 0 and var minReady) replicaSetSpec["minReadySeconds"] = minReady;
        replicaSetSpec["selector"] = selector;
        replicaSetSpec["template"] = template;
        var replicaSet = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{deployment.Name}-{hash}",
                ["namespace"] = deployment.Namespace,
                ["labels"] = template.Object("metadata", "labels")!.Clone(),
                ["ownerReferences"] = new JsonArray(Claims.Reference(deployment)),
            },
            ["spec"] = replicaSetSpec,
        };
        ReplicaSetFacts.Annotate(deployment, replicaSet, revision, exists: false, spec);
        return replicaSet;
    }
}
