using System.Text.Json.Nodes;
using static Mobula.Ray.Definitions.SchemaParts;

namespace Mobula.Ray.Definitions;

/// <summary>The schema of a RayService.</summary>
internal static class RayServiceDefinition
{
    public static JsonObject Build() => RayDefinitions.Definition(
        "RayService", "rayservices", RayDefinitions.Root(Spec(), Status()),
        RayDefinitions.Column("service status", "string", ".status.serviceStatus"),
        RayDefinitions.Column("num serve endpoints", "string", ".status.numServeEndpoints"));

    private static JsonObject Spec() => Fields(
        ("deploymentUnhealthySecondThreshold", Int32()),
        ("excludeHeadPodFromServeSvc", Flag()),
        ("managedBy", RayClusterDefinition.ManagedBy()),
        ("rayClusterConfig!", RayClusterDefinition.Spec()),
        ("rayClusterDeletionDelaySeconds", Int32().Minimum(0)),
        ("serveConfigV2", Text()),
        ("serveService", EmbeddedTypes.CoreType("Service")),
        ("serviceUnhealthySecondThreshold", Int32()),
        ("suspend", Flag()),
        ("upgradeStrategy", Fields(
            ("clusterUpgradeOptions", Fields(
                ("gatewayClassName!", Text()),
                ("intervalSeconds!", Int32()),
                ("maxSurgePercent", Int32().Default(100)),
                ("stepSizePercent!", Int32()))),
            ("type", Text()))));

    private static JsonObject Status() => Fields(
        ("activeServiceStatus", ClusterStatus()),
        ("conditions", ListByKey(EmbeddedTypes.Condition(), "type")),
        ("lastUpdateTime", Time()),
        ("numServeEndpoints", Int32()),
        ("observedGeneration", Int64()),
        ("pendingServiceStatus", ClusterStatus()),
        ("serviceStatus", Text()));

    private static JsonObject ClusterStatus() => Fields(
        ("applicationStatuses", MapOf(Fields(
            ("message", Text()),
            ("serveDeploymentStatuses", MapOf(Fields(("message", Text()), ("status", Text())))),
            ("status", Text())))),
        ("lastTrafficMigratedTime", Time()),
        ("rayClusterName", Text()),
        ("rayClusterStatus", RayClusterDefinition.Status()),
        ("targetCapacity", Int32()),
        ("trafficRoutedPercent", Int32()));
}
