using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.CronJobs;

namespace Mobula.RayOperator.RayServices;

/// <summary>What the operator reads from a RayService. It never changes the object.</summary>
internal sealed class ServiceView(JsonObject service, RayOperatorOptions options)
{
    public JsonObject Object => service;

    public RayOperatorOptions Options => options;

    public string Name => service.Name;

    public string Namespace => service.Namespace ?? "default";

    public JsonObject ClusterSpec => service.Object("spec", "rayClusterConfig") ?? [];

    public string ServeConfig => service.Text("spec", "serveConfigV2") ?? "";

    public bool Suspends => service.Flag("spec", "suspend") == true;

    public string? UpgradeType => service.Text("spec", "upgradeStrategy", "type");

    /// <summary>Whether a change of the cluster's spec is answered with a second cluster.</summary>
    public bool ReplacesClusters => UpgradeType is { } type ? type == "NewCluster" : options.ZeroDowntime;

    public bool WantsIncrementalUpgrade => UpgradeType == "NewClusterWithIncrementalUpgrade" && options.FeatureGates[FeatureGates.RayServiceIncrementalUpgrade];

    public bool ExcludesHead => service.Flag("spec", "excludeHeadPodFromServeSvc") == true;

    public TimeSpan DeletionDelay => TimeSpan.FromSeconds(service.Integer("spec", "rayClusterDeletionDelaySeconds") ?? 60);

    public string HeadServiceName => $"{Name}-head-svc";

    public string ServeServiceName => service.Text("spec", "serveService", "metadata", "name") is { Length: > 0 } name ? name : $"{Name}-serve-svc";

    /// <summary>How long the service may take to come up; null for ever.</summary>
    /// <exception cref="FormatException">The annotation is no duration.</exception>
    public TimeSpan? InitializingTimeout
    {
        get
        {
            if (service.Annotation(RayAnnotations.InitializingTimeout) is not { Length: > 0 } text) return null;
            var limit = GoDuration.Parse(text)
                ?? (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
                    : throw new FormatException($"annotation {RayAnnotations.InitializingTimeout} has invalid format: {text}. Expected Go duration format (e.g., '5m', '1h') or positive integer seconds"));
            return limit > TimeSpan.Zero ? limit : throw new FormatException($"annotation {RayAnnotations.InitializingTimeout} must be a positive duration, got: {text}");
        }
    }

    /// <summary>The RayCluster as the config says, to be judged before it exists.</summary>
    public RayClusterView Template() => new(
        new JsonObject
        {
            ["apiVersion"] = RayResources.ApiVersion,
            ["kind"] = "RayCluster",
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace, ["annotations"] = service.Object("metadata", "annotations")?.Clone() },
            ["spec"] = ClusterSpec.Clone(),
        },
        options);
}
