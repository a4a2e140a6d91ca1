using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Deployments;

/// <summary>The numbers that a Deployment's spec asks for, percentages resolved.</summary>
/// <param name="Replicas">Pods wanted.</param>
/// <param name="MaxSurge">Pods there may be beyond them.</param>
/// <param name="MaxUnavailable">Pods that may be missing.</param>
/// <param name="IsRolling">Whether old pods are replaced little by little.</param>
/// <param name="ProgressDeadlineSeconds">Null for none.</param>
internal sealed record DeploymentSpec(int Replicas, int MaxSurge, int MaxUnavailable, bool IsRolling, int? ProgressDeadlineSeconds)
{
    public int MostReplicas => Replicas + MaxSurge;

    public static DeploymentSpec Of(JsonObject deployment)
    {
        var replicas = (int)(deployment.Integer("spec", "replicas") ?? 1);
        var rolling = (deployment.Text("spec", "strategy", "type") ?? "RollingUpdate") == "RollingUpdate";
        var (surge, unavailable) = (0, 0);
        if (rolling)
        {
            surge = Resolve(deployment.At("spec", "strategy", "rollingUpdate", "maxSurge"), replicas, up: true);
            unavailable = Resolve(deployment.At("spec", "strategy", "rollingUpdate", "maxUnavailable"), replicas, up: false);
            // With neither, nothing could ever move.
            if (surge == 0 && unavailable == 0) unavailable = 1;
            unavailable = replicas == 0 ? 0 : Math.Min(unavailable, replicas);
        }
        var deadline = deployment.Integer("spec", "progressDeadlineSeconds");
        return new(replicas, surge, unavailable, rolling, deadline is null or int.MaxValue ? null : (int)deadline);
    }

    /// <summary>An <c>IntOrString</c>: a number, or a share of the whole.</summary>
    public static int Resolve(JsonNode? value, int whole, bool up)
    {
        if (value is not JsonValue v) return 0;
        if (v.GetValueKind() == JsonValueKind.Number) return v.TryGetValue(out int n) ? n : int.Parse(v.ToJsonString(), CultureInfo.InvariantCulture);
        if (v.GetValueKind() != JsonValueKind.String) return 0;
        var text = v.GetValue<string>();
        if (!text.EndsWith('%') || !int.TryParse(text.AsSpan(0, text.Length - 1), CultureInfo.InvariantCulture, out var percent)) return 0;
        var share = (long)percent * whole;
        return (int)(up ? (share + 99) / 100 : share / 100);
    }
}
