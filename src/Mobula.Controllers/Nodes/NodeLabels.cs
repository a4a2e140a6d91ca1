using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Nodes;

/// <summary>The labels of nodes by their older names, which follow those of today.</summary>
internal static class NodeLabels
{
    private static readonly (string Label, string Older)[] Names = [("kubernetes.io/os", "beta.kubernetes.io/os"), ("kubernetes.io/arch", "beta.kubernetes.io/arch")];

    /// <summary>The older labels that a node lacks or has with another value; null when none.</summary>
    public static JsonObject? Missing(JsonObject node)
    {
        var missing = new JsonObject();
        foreach (var (label, older) in Names)
        {
            if (node.Label(label) is { } value && node.Label(older) != value) missing[older] = value;
        }
        return missing.Count > 0 ? missing : null;
    }
}
