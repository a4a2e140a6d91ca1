namespace Mobula.PodSecurity.Webhook.Exemptions;

/// <summary>A workload by its kind and name, within a namespace.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Kind">The kind, for example <c>Deployment</c>.</param>
/// <param name="Name">The name.</param>
internal readonly record struct WorkloadReference(string Group, string Kind, string Name)
{
    private static readonly Dictionary<string, string> GroupOfKind = new(StringComparer.Ordinal)
    {
        ["Pod"] = "", ["PodTemplate"] = "", ["ReplicationController"] = "",
        ["Deployment"] = "apps", ["ReplicaSet"] = "apps", ["StatefulSet"] = "apps", ["DaemonSet"] = "apps",
        ["Job"] = "batch", ["CronJob"] = "batch",
        ["RayCluster"] = "ray.io", ["RayJob"] = "ray.io", ["RayService"] = "ray.io", ["RayCronJob"] = "ray.io",
    };

    /// <summary>How to write one.</summary>
    public const string Form = "KIND/NAME, for example DaemonSet/node-exporter, or KIND.GROUP/NAME for other kinds, for example Rollout.argoproj.io/shop";

    /// <summary>Reads <c>KIND/NAME</c> or <c>KIND.GROUP/NAME</c>.</summary>
    public static bool TryParse(string text, out WorkloadReference reference)
    {
        reference = default;
        if (text.Split('/') is not [{ Length: > 0 } type, { Length: > 0 } name] || name.Any(char.IsWhiteSpace)) return false;
        var dot = type.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && dot < type.Length - 1)
        {
            reference = new(type[(dot + 1)..], type[..dot], name);
            return true;
        }
        if (!GroupOfKind.TryGetValue(type, out var group)) return false;
        reference = new(group, type, name);
        return true;
    }

    /// <summary>The kind of a built-in resource or one of Ray's; null for others.</summary>
    public static string? KindOf(string group, string resource) =>
        GroupOfKind.FirstOrDefault(k => k.Value == group && k.Key.Length == resource.Length - 1 && resource.StartsWith(k.Key, StringComparison.OrdinalIgnoreCase)).Key;

    /// <summary><c>KIND/NAME</c>, with the group where the kind alone does not tell it.</summary>
    public override string ToString() => GroupOfKind.GetValueOrDefault(Kind) == Group ? $"{Kind}/{Name}" : $"{Kind}.{Group}/{Name}";
}
