using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>HorizontalPodAutoscalers in version 1, which knows one metric only: the others stand in an annotation.</summary>
internal static class AutoscalerConversion
{
    private const string OtherMetrics = "autoscaling.alpha.kubernetes.io/metrics";
    private const string Behavior = "autoscaling.alpha.kubernetes.io/behavior";
    private const string Conditions = "autoscaling.alpha.kubernetes.io/conditions";

    public static VersionConversion Conversion { get; } = new(ToServed, ToStored);

    private static JsonObject ToServed(JsonObject o)
    {
        o["apiVersion"] = "autoscaling/v1";
        if (o.Object("spec") is { } spec)
        {
            var metrics = spec.Objects("metrics").ToList();
            var cpu = metrics.FirstOrDefault(IsCpuUtilization);
            if (cpu?.Integer("resource", "target", "averageUtilization") is { } percentage) spec["targetCPUUtilizationPercentage"] = percentage;
            var others = metrics.Where(m => m != cpu).Select(m => (JsonNode)m.Clone()).ToArray();
            if (others.Length > 0) o.Ensure("metadata", "annotations")[OtherMetrics] = new JsonArray(others).ToJsonString();
            if (spec.Object("behavior") is { } behavior) o.Ensure("metadata", "annotations")[Behavior] = behavior.ToJsonString();
            spec.Remove("metrics");
            spec.Remove("behavior");
        }
        if (o.Object("status") is { } status)
        {
            if (status.List("conditions") is { Count: > 0 } conditions) o.Ensure("metadata", "annotations")[Conditions] = conditions.ToJsonString();
            status["currentReplicas"] ??= 0;
            status.Remove("conditions");
            status.Remove("currentMetrics");
        }
        return o;
    }

    private static JsonObject ToStored(JsonObject o)
    {
        o["apiVersion"] = "autoscaling/v2";
        var spec = o.Object("spec");
        var metrics = new JsonArray();
        if (o.Annotation(OtherMetrics) is { } others && JsonNode.Parse(others) is JsonArray list) foreach (var metric in list) metrics.Add(metric?.DeepClone());
        if (spec?.Integer("targetCPUUtilizationPercentage") is { } percentage)
        {
            metrics.Add((JsonNode)new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject { ["name"] = "cpu", ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percentage } },
            });
        }
        if (spec is not null && metrics.Count > 0) spec["metrics"] = metrics;
        if (spec is not null && o.Annotation(Behavior) is { } behavior) spec["behavior"] = JsonNode.Parse(behavior);
        spec?.Remove("targetCPUUtilizationPercentage");
        if (o.Object("metadata", "annotations") is { } annotations)
        {
            foreach (var key in new[] { OtherMetrics, Behavior, Conditions }) annotations.Remove(key);
            if (annotations.Count == 0) o.Metadata.Remove("annotations");
        }
        return o;
    }

    private static bool IsCpuUtilization(JsonObject metric) =>
        metric.Text("type") == "Resource" && metric.Text("resource", "name") == "cpu" && metric.At("resource", "target", "averageUtilization") is not null;
}
