using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Kinds;

/// <summary>The kinds that need no strategy of their own: their rules are told here.</summary>
internal static class ClusterStrategies
{
    public static ResourceStrategy Lease { get; } = new KindStrategy { CreatesOnUpdate = true, Rules = ClusterValidation.Lease };

    public static ResourceStrategy ConfigMap { get; } = new KindStrategy { Rules = ConfigurationValidation.ConfigMap, UpdateRules = ConfigurationValidation.ConfigMapUpdate };

    public static ResourceStrategy Node { get; } = new KindStrategy
    {
        KeepsStatusOnCreate = true, Defaults = ClusterValidation.NodeDefaults, Rules = ClusterValidation.Node, UpdateRules = ClusterValidation.NodeUpdate,
        Selectable = new Dictionary<string, Func<JsonObject, string>> { ["spec.unschedulable"] = o => o.Flag("spec", "unschedulable") == true ? "true" : "false" },
    };

    public static ResourceStrategy PersistentVolume { get; } = new KindStrategy
    {
        Defaults = o =>
        {
            var spec = o.Ensure("spec");
            spec["persistentVolumeReclaimPolicy"] ??= "Retain";
            spec["volumeMode"] ??= "Filesystem";
            if (spec.Object("hostPath") is { } host) host["type"] ??= "";
        },
        Begin = (o, context) =>
        {
            o["status"] = new JsonObject { ["phase"] = "Pending", ["lastPhaseTransitionTime"] = KubernetesTime.Format(context.Now) };
            Protect(o, "kubernetes.io/pv-protection");
        },
        Rules = StorageValidation.PersistentVolume, UpdateRules = StorageValidation.PersistentVolumeUpdate, AnswersDeleted = true,
    };

    public static ResourceStrategy PersistentVolumeClaim { get; } = new KindStrategy
    {
        Defaults = o =>
        {
            var spec = o.Ensure("spec");
            spec["volumeMode"] ??= "Filesystem";
        },
        Advice = o => o.Annotation("volume.beta.kubernetes.io/storage-class") is null ? [] : ["metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use \"storageClassName\" attribute instead"],
        Begin = (o, _) =>
        {
            o["status"] = new JsonObject { ["phase"] = "Pending" };
            Protect(o, "kubernetes.io/pvc-protection");
        },
        Rules = StorageValidation.Claim, UpdateRules = StorageValidation.ClaimUpdate, AnswersDeleted = true,
    };

    public static ResourceStrategy StorageClass { get; } = new KindStrategy
    {
        Defaults = o =>
        {
            o["reclaimPolicy"] ??= "Delete";
            o["volumeBindingMode"] ??= "Immediate";
        },
        Rules = StorageValidation.StorageClass, UpdateRules = StorageValidation.StorageClassUpdate, AnswersDeleted = true,
    };

    public static ResourceStrategy CsiDriver { get; } = new KindStrategy
    {
        Defaults = o =>
        {
            var spec = o.Ensure("spec");
            spec["attachRequired"] ??= true;
            spec["fsGroupPolicy"] ??= "ReadWriteOnceWithFSType";
            foreach (var field in new[] { "podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount", "preventPodSchedulingIfMissing" }) spec[field] ??= false;
            if (spec.List("volumeLifecycleModes") is not { Count: > 0 }) spec["volumeLifecycleModes"] = new JsonArray("Persistent");
        },
        AnswersDeleted = true,
    };

    public static ResourceStrategy PriorityClass { get; } = new KindStrategy
    {
        Counted = true, Defaults = o => o["preemptionPolicy"] ??= "PreemptLowerPriority", Rules = ClusterValidation.PriorityClass, UpdateRules = ClusterValidation.PriorityClassUpdate,
    };

    public static ResourceStrategy RuntimeClass { get; } = new KindStrategy { Rules = ClusterValidation.RuntimeClass, UpdateRules = ClusterValidation.RuntimeClassUpdate };

    public static ResourceStrategy DisruptionBudget { get; } = new KindStrategy { Counted = true, NameRule = NameValidation.IsPathSegmentName, Rules = ClusterValidation.DisruptionBudget, Begin = (o, _) => o["status"] = new JsonObject { ["disruptionsAllowed"] = 0, ["currentHealthy"] = 0, ["desiredHealthy"] = 0, ["expectedPods"] = 0 } };

    public static ResourceStrategy Ingress { get; } = new KindStrategy { Counted = true, Rules = NetworkValidation.Ingress, Advice = NetworkValidation.IngressAdvice, Begin = (o, _) => o["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() } };

    public static ResourceStrategy IngressClass { get; } = new KindStrategy
    {
        Counted = true,
        Defaults = o =>
        {
            if (o.Object("spec", "parameters") is { } parameters) parameters["scope"] ??= "Cluster";
        },
        Rules = NetworkValidation.IngressClass,
    };

    public static ResourceStrategy NetworkPolicy { get; } = new KindStrategy { Counted = true, Defaults = NetworkValidation.NetworkPolicyDefaults, Rules = NetworkValidation.NetworkPolicy };

    public static ResourceStrategy Endpoints { get; } = new KindStrategy { Superseded = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice", Defaults = EndpointsValidation.EndpointsDefaults, Rules = EndpointsValidation.Endpoints };

    public static ResourceStrategy EndpointSlice { get; } = new KindStrategy
    {
        Counted = true, Defaults = EndpointsValidation.SliceDefaults, Rules = EndpointsValidation.Slice, UpdateRules = EndpointsValidation.SliceUpdate, Advice = EndpointsValidation.SliceAdvice,
        Begin = (o, _) =>
        {
            foreach (var endpoint in o.Objects("endpoints")) endpoint.Remove("deprecatedTopology");
        },
    };

    public static ResourceStrategy Autoscaler { get; } = new KindStrategy
    {
        Counted = true, Defaults = AutoscalerValidation.Defaults, Rules = AutoscalerValidation.Check,
        Begin = (o, _) => o["status"] = new JsonObject { ["desiredReplicas"] = 0, ["currentMetrics"] = null },
    };

    public static ResourceStrategy LimitRange { get; } = new KindStrategy
    {
        Defaults = LimitsValidation.LimitRangeDefaults,
        // A range without a name gets one of its own.
        Begin = (o, _) =>
        {
            if (o.Name.Length == 0) o.Metadata["name"] = Guid.NewGuid().ToString();
        },
        Rules = LimitsValidation.LimitRange,
    };

    public static ResourceStrategy ResourceQuota { get; } = new KindStrategy { Rules = LimitsValidation.ResourceQuota, Begin = (o, _) => o["status"] = new JsonObject(), AnswersDeleted = true };

    public static ResourceStrategy Role { get; } = new KindStrategy { NameRule = NameValidation.IsPathSegmentName, Rules = RbacValidation.Role };

    public static ResourceStrategy ClusterRole { get; } = new KindStrategy { NameRule = NameValidation.IsPathSegmentName, Rules = RbacValidation.ClusterRole };

    public static ResourceStrategy RoleBinding { get; } = new KindStrategy { NameRule = NameValidation.IsPathSegmentName, Defaults = RbacValidation.BindingDefaults, Rules = RbacValidation.RoleBinding, UpdateRules = RbacValidation.BindingUpdate };

    public static ResourceStrategy ClusterRoleBinding { get; } = new KindStrategy { NameRule = NameValidation.IsPathSegmentName, Defaults = RbacValidation.BindingDefaults, Rules = RbacValidation.ClusterRoleBinding, UpdateRules = RbacValidation.BindingUpdate };

    public static ResourceStrategy Webhooks { get; } = new KindStrategy { Counted = true, Defaults = AdmissionValidation.WebhookDefaults, Rules = AdmissionValidation.Webhooks };

    public static ResourceStrategy ValidatingPolicy { get; } = new KindStrategy { Counted = true, Defaults = AdmissionValidation.PolicyDefaults, Begin = (o, _) => o["status"] = new JsonObject(), Rules = AdmissionValidation.ValidatingPolicy };

    public static ResourceStrategy MutatingPolicy { get; } = new KindStrategy { Counted = true, Defaults = AdmissionValidation.PolicyDefaults, Rules = AdmissionValidation.MutatingPolicy };

    private static void Protect(JsonObject o, string finalizer)
    {
        var finalizers = o.List("metadata", "finalizers");
        if (finalizers is null) o.Metadata["finalizers"] = finalizers = [];
        if (!finalizers.Any(f => f?.ToString() == finalizer)) finalizers.Add((JsonNode)finalizer);
    }
}
