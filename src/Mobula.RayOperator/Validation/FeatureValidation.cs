using Mobula.Kubernetes;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Validation;

/// <summary>KubeRay's rules for authentication and for what stands behind a feature gate.</summary>
internal static class FeatureValidation
{
    public static string? Check(RayClusterView cluster)
    {
        var spec = cluster.Object.Object("spec")!;
        if (spec.Object("historyServerOptions") is not null)
        {
            return cluster.Gate(FeatureGates.RayClusterHistoryServer)
                ? "historyServerOptions is not supported by this operator yet; remove it from the spec"
                : "RayClusterHistoryServer feature gate is not enabled";
        }
        if (Authentication(cluster) is { } error) return error;
        if (spec.Object("networkPolicy") is not null)
        {
            return cluster.Gate(FeatureGates.RayClusterNetworkPolicy)
                ? "networkPolicy is not supported by this operator yet; remove it from the spec"
                : "spec.networkPolicy requires the RayClusterNetworkPolicy feature gate to be enabled";
        }
        if (spec.Object("tlsOptions") is { } tls)
        {
            if (!cluster.Gate(FeatureGates.RayClusterMtls)) return "spec.tlsOptions requires the RayClusterMTLS feature gate to be enabled";
            if (tls.Flag("enabled") == true) return "tlsOptions is not supported by this operator yet; remove it from the spec";
        }
        return null;
    }

    private static string? Authentication(RayClusterView cluster)
    {
        if (cluster.Object.Object("spec", "authOptions") is not { } options) return null;
        var version = cluster.RayVersion;
        if (!cluster.UsesTokenAuth)
        {
            return cluster.UsesKubernetesTokens ? "authOptions.enableK8sTokenAuth is enabled but authOptions.mode not set to 'token'" : null;
        }
        if (string.IsNullOrEmpty(version)) return "authOptions.mode is 'token' but RayVersion was not specified. Ray version 2.52.0 or later is required";
        if (!RayVersion.TryParse(version, out _)) return $"authOptions.mode is 'token' but RayVersion format is invalid: {version}, could not parse \"{version}\" as version";
        if (!RayVersion.IsAtLeast(version, 2, 52)) return $"authOptions.mode is 'token' but minimum Ray version is 2.52.0, got {version}";
        if (!cluster.UsesKubernetesTokens) return null;
        if (!RayVersion.IsAtLeast(version, 2, 55)) return $"authOptions.enableK8sTokenAuth is enabled but minimum Ray version is 2.55.0, got {version}";
        return options.Text("secretName") is { Length: > 0 } ? "authOptions.enableK8sTokenAuth is enabled and authOptions.secretName is also set" : null;
    }
}
