using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Pods;
using Mobula.RayOperator.Services;

namespace Mobula.RayOperator.Clusters;

/// <summary>Decides what a RayCluster needs next, in KubeRay's order. Pure but for the token it invents.</summary>
internal static class RayClusterPlanner
{
    private static readonly GroupVersionResource Roles = new("rbac.authorization.k8s.io", "v1", "roles");
    private static readonly GroupVersionResource RoleBindings = new("rbac.authorization.k8s.io", "v1", "rolebindings");
    private static readonly GroupVersionResource Ingresses = new("networking.k8s.io", "v1", "ingresses");
    private static readonly GroupVersionResource Claims = new("", "v1", "persistentvolumeclaims");

    /// <summary>The steps to take; none when all is as it should be.</summary>
    public static IReadOnlyList<ClusterAction> Plan(RayClusterObservation observed)
    {
        var plan = new List<ClusterAction>();
        foreach (var action in Access(observed)
            .Concat(Ingress(observed))
            .Concat(Secret(observed))
            .Concat(Services(observed))
            .Concat(Claim(observed))
            .Concat(PodPlanner.Plan(observed)))
        {
            plan.Add(action);
            if (action is Fail) break;
        }
        return plan;
    }

    private static IEnumerable<ClusterAction> Access(RayClusterObservation observed)
    {
        var cluster = observed.Cluster;
        if (!cluster.Autoscaling) yield break;
        if (!observed.HasServiceAccount)
        {
            if (cluster.Head.Text("template", "spec", "serviceAccountName") is { Length: > 0 } name)
            {
                var note = $"Failed to reconcile RayCluster {cluster.Namespace}/{cluster.Name}. If users specify ServiceAccountName for the head Pod, they need to create a ServiceAccount themselves. "
                    + $"However, ServiceAccount {name} is not found. Please create one. See the PR description of https://github.com/ray-project/kuberay/pull/1128 for more details.";
                yield return new Tell("Warning", "AutoscalerServiceAccountNotFound", "Validate", note);
                yield return new Fail($"serviceaccounts \"{name}\" not found");
                yield break;
            }
            yield return Make(cluster, Resources.ServiceAccounts, AutoscalerAccess.ServiceAccount(cluster), "service account", "ServiceAccount");
        }
        if (!observed.HasRole) yield return Make(cluster, Roles, AutoscalerAccess.Role(cluster), "role", "Role");
        if (!observed.HasRoleBinding) yield return Make(cluster, RoleBindings, AutoscalerAccess.RoleBinding(cluster), "role binding", "RoleBinding");
    }

    private static IEnumerable<ClusterAction> Ingress(RayClusterObservation observed)
    {
        var cluster = observed.Cluster;
        if (cluster.Head.Flag("enableIngress") != true) yield break;
        var wanted = IngressBuilder.Build(cluster);
        if (observed.Ingress is not { } live)
        {
            yield return Make(cluster, Ingresses, wanted, "ingress", "Ingress");
        }
        else if (live.ControllerReference?.Text("uid") != cluster.Object.Uid)
        {
            yield return new Tell("Warning", "FailedToCreateIngress", "Create", $"Failed to create ingress {cluster.Namespace}/{wanted.Name}, an Ingress of that name that RayCluster {cluster.Name} does not control already exists");
        }
        else if (IngressDiffers(live, wanted))
        {
            var changed = live.Clone();
            changed.Metadata["labels"] = wanted.Metadata["labels"]?.DeepClone();
            changed.Metadata["annotations"] = wanted.Metadata["annotations"]?.DeepClone();
            var className = live.Text("spec", "ingressClassName");
            changed["spec"] = wanted["spec"]?.DeepClone();
            if (className is not null && changed.Text("spec", "ingressClassName") is null) changed.Ensure("spec")["ingressClassName"] = className;
            yield return new Replace(Ingresses, changed, new("Normal", "UpdatedIngress", "Update", $"Updated ingress {cluster.Namespace}/{wanted.Name}"), "FailedToUpdateIngress");
        }
    }

    private static bool IngressDiffers(JsonObject live, JsonObject wanted)
    {
        var (liveSpec, wantedSpec) = (live.Object("spec")?.Clone() ?? [], wanted.Object("spec")!.Clone());
        if (wantedSpec["ingressClassName"] is null) liveSpec.Remove("ingressClassName");
        return !JsonNode.DeepEquals(liveSpec, wantedSpec)
            || !JsonNode.DeepEquals(live.Object("metadata", "labels") ?? [], wanted.Object("metadata", "labels") ?? [])
            || !JsonNode.DeepEquals(live.Object("metadata", "annotations") ?? [], wanted.Object("metadata", "annotations") ?? []);
    }

    private static IEnumerable<ClusterAction> Secret(RayClusterObservation observed)
    {
        var cluster = observed.Cluster;
        if (!NeedsAuthSecret(cluster) || observed.HasAuthSecret) yield break;
        var secret = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject
            {
                ["name"] = cluster.AuthSecretName,
                ["namespace"] = cluster.Namespace,
                ["labels"] = new JsonObject { [RayLabels.Cluster] = cluster.Name },
                ["ownerReferences"] = new JsonArray(RayClusterView.ControllerReference(cluster.Object)),
            },
            // Ray compares the text of the token, which is itself base64; the API wants the bytes of a value in base64 again.
            ["data"] = new JsonObject { [RayAuthentication.SecretKey] = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)))) },
        };
        yield return new Create(Resources.Secrets, secret, "secret", null) { FailedNote = error => error, ExistingIsFine = true };
    }

    /// <summary>Whether the operator keeps the token of this cluster.</summary>
    public static bool NeedsAuthSecret(RayClusterView cluster) =>
        cluster.Object.Object("spec", "authOptions") is { } options
        && options.Text("mode") != "disabled"
        && !cluster.UsesKubernetesTokens
        && options.Text("secretName") is null or "";

    private static IEnumerable<ClusterAction> Services(RayClusterObservation observed)
    {
        var cluster = observed.Cluster;
        var heads = observed.Services.Count(s => ServiceBuilder.IsHeadService(cluster, s));
        if (heads > 1)
        {
            yield return new Fail($"{heads} head services found for RayCluster {cluster.Namespace}/{cluster.Name}. Please delete extra head services");
            yield break;
        }
        if (heads == 0) yield return MakeService(cluster, ServiceBuilder.Head(cluster));
        if (!observed.Services.Any(s => s.Label(RayLabels.HeadlessWorkerService) == cluster.Name) && ServiceBuilder.HeadlessWorkers(cluster) is { } headless)
        {
            yield return MakeService(cluster, headless);
        }
        if (cluster.Object.Annotation(RayAnnotations.EnableServeService) != "true") yield break;
        if (observed.Services.Any(s => s.Name == $"{cluster.Name}-serve-svc")) yield break;
        if (ServiceBuilder.ServePorts(cluster).Count == 0)
        {
            yield return new Fail("please specify the port named 'serve' in the Ray head container to create the serve service");
            yield break;
        }
        yield return new Create(Resources.Services, ServiceBuilder.Serve(cluster), "service", null) { FailedNote = error => error };
    }

    private static IEnumerable<ClusterAction> Claim(RayClusterObservation observed)
    {
        var cluster = observed.Cluster;
        if (!cluster.IsFaultTolerant || !cluster.UsesRocksDb) yield break;
        var name = GcsStorageClaim.Name(cluster);
        if (GcsStorageClaim.ClaimedName(cluster) is not null)
        {
            if (observed.GcsClaim is null)
            {
                yield return new Tell(
                    "Warning", "FailedToCreatePVC", "Validate",
                    $"GcsFaultToleranceOptions.Storage.ClaimName \"{name}\" not found in namespace {cluster.Namespace}; the head Pod will not start until it exists");
            }
            yield break;
        }
        var wanted = GcsStorageClaim.Build(cluster);
        if (observed.GcsClaim is not { } live)
        {
            yield return new Create(Claims, wanted, "GCS storage PVC", "PVC")
            {
                FailedNote = error => $"Failed to create GCS storage PVC {cluster.Namespace}/{name}, {error}",
            };
            yield break;
        }
        if (ClaimDifference(live, wanted) is { } difference)
        {
            yield return new Tell(
                "Warning", "FailedToCreatePVC", "Update",
                $"GCS storage PVC {cluster.Namespace}/{name} already exists and cannot be reconfigured in place ({difference}); delete the PVC to recreate it with the new settings");
        }
        var owned = live.Objects("metadata", "ownerReferences").Any(r => r.Text("uid") == cluster.Object.Uid);
        if (owned == GcsStorageClaim.IsRetained(cluster))
        {
            var changed = live.Clone();
            var others = new JsonArray();
            foreach (var reference in live.Objects("metadata", "ownerReferences").Where(r => r.Text("uid") != cluster.Object.Uid)) others.AddNode(reference.Clone());
            if (!owned) others.AddNode(RayClusterView.ControllerReference(cluster.Object));
            changed.Metadata["ownerReferences"] = others;
            yield return new SetOwners(Claims, changed);
        }
    }

    private static string? ClaimDifference(JsonObject live, JsonObject wanted)
    {
        var (size, current) = (wanted.Amount("spec", "resources", "requests", "storage"), live.Amount("spec", "resources", "requests", "storage"));
        if (size is { } want && current is { } have && want != have) return $"requested size {want} != current {have}";
        var (storageClass, currentClass) = (wanted.Text("spec", "storageClassName"), live.Text("spec", "storageClassName"));
        if (storageClass is not null && storageClass != currentClass) return $"requested storageClassName {storageClass} != current {currentClass}";
        var modes = wanted.Texts("spec", "accessModes").Order(StringComparer.Ordinal).ToArray();
        var currentModes = live.Texts("spec", "accessModes").Order(StringComparer.Ordinal).ToArray();
        return modes.SequenceEqual(currentModes) ? null : $"requested accessModes [{string.Join(' ', modes)}] != current [{string.Join(' ', currentModes)}]";
    }

    private static Create Make(RayClusterView cluster, GroupVersionResource resource, JsonObject o, string noun, string reason) =>
        new(resource, o, noun, reason)
        {
            FailedNote = error => $"Failed to create {noun} {cluster.Namespace}/{o.Name}, {error}",
            ExistingIsFine = true,
        };

    private static Create MakeService(RayClusterView cluster, JsonObject service) => new(Resources.Services, service, "service", "Service")
    {
        FailedNote = error => $"Failed creating service {cluster.Namespace}/{service.Name}, {error}",
    };
}
