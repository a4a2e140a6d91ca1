using Mobula.Kubernetes;
using Mobula.RayOperator.Validation;

namespace Mobula.RayOperator.RayServices;

/// <summary>What KubeRay refuses of a RayService though the CRD lets it pass; each check returns the first error, or null.</summary>
internal static class RayServiceValidation
{
    private const int LongestName = 47;

    public static string? Metadata(ServiceView service)
    {
        if (RayClusterValidation.Metadata(service.Object, "RayService", LongestName) is { } name) return $"The RayService metadata is invalid: {name}";
        try
        {
            _ = service.InitializingTimeout;
            return null;
        }
        catch (FormatException error)
        {
            return $"The RayService metadata is invalid: RayService annotations is invalid: {error.Message}";
        }
    }

    public static string? Spec(ServiceView service) => Error(service) is { } error ? $"The RayService spec is invalid: {error}" : null;

    private static string? Error(ServiceView service)
    {
        var template = service.Template();
        if (template.UsesKubernetesTokens) return "K8s token auth mode is currently not supported for RayService";
        if (RayClusterValidation.Spec(template) is { } cluster) return cluster;
        if (template.Head.Text("headService", "metadata", "name") is { Length: > 0 }) return "spec.rayClusterConfig.headGroupSpec.headService.metadata.name should not be set";
        if (service.UpgradeType is { } type and not ("NewClusterWithIncrementalUpgrade" or "NewCluster" or "None"))
        {
            return $"Spec.UpgradeStrategy.Type value {type} is invalid, valid options are NewClusterWithIncrementalUpgrade, NewCluster, or None";
        }
        if (service.DeletionDelay < TimeSpan.Zero) return $"Spec.RayClusterDeletionDelaySeconds should be a non-negative integer, got {service.DeletionDelay.TotalSeconds:0}";
        return service.WantsIncrementalUpgrade ? Incremental(service) : null;
    }

    private static string? Incremental(ServiceView service)
    {
        if (!service.Template().Autoscaling) return "Ray Autoscaler is required for NewClusterWithIncrementalUpgrade";
        if (service.Object.Object("spec", "upgradeStrategy", "clusterUpgradeOptions") is not { } options) return "ClusterUpgradeOptions are required for NewClusterWithIncrementalUpgrade";
        var (surge, step) = (options.Integer("maxSurgePercent") ?? 100, options.Integer("stepSizePercent") ?? -1);
        if (surge is < 0 or > 100) return "maxSurgePercent must be between 0 and 100";
        if (step is < 0 or > 100) return "stepSizePercent must be between 0 and 100";
        if (step > surge) return "stepSizePercent must be less than or equal to maxSurgePercent";
        if (options.Integer("intervalSeconds") is null or <= 0) return "intervalSeconds must be greater than 0";
        if (options.Text("gatewayClassName") is null or "") return "gatewayClassName is required for NewClusterWithIncrementalUpgrade";
        return "upgradeStrategy.type NewClusterWithIncrementalUpgrade is not supported by this version of the Mobula operator; use NewCluster";
    }
}
