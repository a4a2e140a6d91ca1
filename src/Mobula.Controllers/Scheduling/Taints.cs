using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>Taints of nodes and the tolerations of pods.</summary>
internal static class Taints
{
    /// <summary>Whether a toleration covers a taint.</summary>
    public static bool Covers(JsonObject toleration, JsonObject taint)
    {
        if (toleration.Text("effect") is { Length: > 0 } effect && effect != taint.Text("effect")) return false;
        if (toleration.Text("key") is { Length: > 0 } key && key != taint.Text("key")) return false;
        var (mine, theirs) = (toleration.Text("value") ?? "", taint.Text("value") ?? "");
        return (toleration.Text("operator") ?? "Equal") switch
        {
            "" or "Equal" => mine == theirs,
            "Exists" => true,
            "Lt" => Compare(theirs, mine) < 0,
            "Gt" => Compare(theirs, mine) > 0,
            _ => false,
        };
    }

    /// <summary>Whether a pod has a toleration that covers a taint.</summary>
    public static bool IsTolerated(JsonObject pod, JsonObject taint) => pod.Objects("spec", "tolerations").Any(t => Covers(t, taint));

    /// <summary>The first taint that keeps a pod off a node.</summary>
    public static JsonObject? Untolerated(JsonObject pod, JsonObject node) => node.Objects("spec", "taints")
        .FirstOrDefault(t => t.Text("effect") is "NoSchedule" or "NoExecute" && !IsTolerated(pod, t));

    private static int? Compare(string a, string b) =>
        long.TryParse(a, CultureInfo.InvariantCulture, out var x) && long.TryParse(b, CultureInfo.InvariantCulture, out var y) ? x.CompareTo(y) : null;
}
