using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>The table of horizontal pod autoscalers.</summary>
internal static class AutoscalerTable
{
    private const int MostMetrics = 2;

    public static TableFormat Format { get; } = TableFormats.Make("Reference Targets MinPods MaxPods Replicas Age", (autoscaler, now) =>
    [
        $"{autoscaler.Text("spec", "scaleTargetRef", "kind")}/{autoscaler.Text("spec", "scaleTargetRef", "name")}", Targets(autoscaler),
        autoscaler.Integer("spec", "minReplicas") is { } least ? least.ToString(System.Globalization.CultureInfo.InvariantCulture) : "<unset>",
        autoscaler.Integer("spec", "maxReplicas") ?? 0, autoscaler.Integer("status", "currentReplicas") ?? 0, Ages.Of(autoscaler, now),
    ]);

    private static string Targets(JsonObject autoscaler)
    {
        var wanted = autoscaler.Objects("spec", "metrics").ToList();
        if (wanted.Count == 0) return "<none>";
        var current = autoscaler.Objects("status", "currentMetrics").ToList();
        var shown = wanted.Select((metric, i) => Target(metric, current.ElementAtOrDefault(i))).ToList();
        return shown.Count <= MostMetrics ? string.Join(", ", shown) : $"{string.Join(", ", shown.Take(MostMetrics))} + {shown.Count - MostMetrics} more...";
    }

    private static string Target(JsonObject metric, JsonObject? current)
    {
        var source = (metric.Text("type") ?? "") switch
        {
            "Resource" => "resource",
            "ContainerResource" => "containerResource",
            "Pods" => "pods",
            "Object" => "object",
            "External" => "external",
            _ => "",
        };
        if (source.Length == 0) return "<unknown type>";
        var target = metric.Object(source, "target") ?? [];
        var name = source is "resource" or "containerResource" ? $"{metric.Text(source, "name")}: " : "";
        if (target.Integer("averageUtilization") is { } percent)
        {
            return $"{name}{(current?.Integer(source, "current", "averageUtilization") is { } now ? $"{now}%" : "<unknown>")}/{percent}%";
        }
        var (field, mark) = target.Text("averageValue") is not null ? ("averageValue", source is "object" or "external" ? " (avg)" : "") : ("value", "");
        return $"{name}{current?.Text(source, "current", field) ?? "<unknown>"}/{target.Text(field) ?? "<auto>"}{mark}";
    }
}
