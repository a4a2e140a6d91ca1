using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>Node selectors and node affinity.</summary>
internal static class NodeAffinity
{
    /// <summary>Whether a node meets what a pod requires.</summary>
    public static bool Matches(JsonObject pod, JsonObject node)
    {
        if (pod.TextMap("spec", "nodeSelector").Any(s => node.Label(s.Key) != s.Value)) return false;
        return pod.Object("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution") is not { } required
            || required.Objects("nodeSelectorTerms").Any(t => MatchesTerm(t, node));
    }

    /// <summary>The sum of the weights of the preferences that a node meets.</summary>
    public static long Preference(JsonObject pod, JsonObject node) => pod
        .Objects("spec", "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
        .Where(p => p.Object("preference") is { } term && MatchesTerm(term, node))
        .Sum(p => p.Integer("weight") ?? 0);

    /// <summary>A term without requirements matches no node.</summary>
    private static bool MatchesTerm(JsonObject term, JsonObject node)
    {
        var expressions = term.Objects("matchExpressions").ToArray();
        var fields = term.Objects("matchFields").ToArray();
        return expressions.Length + fields.Length > 0
            && expressions.All(e => Matches(e, node.Label(e.Text("key") ?? "")))
            && fields.All(f => f.Text("key") == "metadata.name" && Matches(f, node.Name));
    }

    private static bool Matches(JsonObject requirement, string? value)
    {
        var values = requirement.Texts("values").ToArray();
        return requirement.Text("operator") switch
        {
            "In" => value is not null && values.Contains(value),
            "NotIn" => value is null || !values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => Compare(value, values) > 0,
            "Lt" => Compare(value, values) < 0,
            _ => false,
        };
    }

    private static int? Compare(string? value, string[] values) =>
        values.Length == 1 && long.TryParse(value, CultureInfo.InvariantCulture, out var a) && long.TryParse(values[0], CultureInfo.InvariantCulture, out var b) ? a.CompareTo(b) : null;
}
