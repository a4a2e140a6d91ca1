using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Schema;

/// <summary>A resource as discovery tells it.</summary>
public sealed record ResourceInfo
{
    /// <summary>Group, version and plural name.</summary>
    public required GroupVersionResource Resource { get; init; }

    /// <summary>The type of its objects.</summary>
    public required GroupVersionKind Kind { get; init; }

    /// <summary>The singular name, for example <c>pod</c>.</summary>
    public required string Singular { get; init; }

    /// <summary>Whether its objects live in namespaces.</summary>
    public required bool Namespaced { get; init; }

    /// <summary>The verbs, sorted.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = [];

    /// <summary>Short names for people, for example <c>po</c>.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>Groups of resources it belongs to, for example <c>all</c>.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>The subresources, in the order of discovery.</summary>
    public IReadOnlyList<SubresourceInfo> Subresources { get; init; } = [];

    /// <summary>The subresource of that name, or null.</summary>
    public SubresourceInfo? Subresource(string name) => Subresources.FirstOrDefault(s => s.Name == name);

    /// <summary>Reads the entries of one group and version in aggregated discovery.</summary>
    internal static IEnumerable<ResourceInfo> Read(string groupVersion, JsonArray entries)
    {
        var (group, version, _) = GroupVersionKind.Parse(groupVersion, "");
        foreach (var entry in entries.OfType<JsonObject>())
        {
            yield return new()
            {
                Resource = new(group, version, entry.Text("resource") ?? ""),
                Kind = ReadKind(entry, group, version),
                Singular = entry.Text("singularResource") ?? "",
                Namespaced = entry.Text("scope") == "Namespaced",
                Verbs = [.. entry.Texts("verbs")],
                ShortNames = [.. entry.Texts("shortNames")],
                Categories = [.. entry.Texts("categories")],
                Subresources = [.. entry.Objects("subresources").Select(s =>
                    new SubresourceInfo(s.Text("subresource") ?? "", ReadKind(s, group, version), [.. s.Texts("verbs")]))],
            };
        }
    }

    /// <summary>Discovery leaves out the group and version of a kind that are those of the resource.</summary>
    private static GroupVersionKind ReadKind(JsonObject entry, string group, string version)
    {
        var kindVersion = entry.Text("responseKind", "version") ?? "";
        var kind = entry.Text("responseKind", "kind") ?? "";
        return kindVersion.Length == 0 ? new(group, version, kind) : new(entry.Text("responseKind", "group") ?? "", kindVersion, kind);
    }
}

/// <summary>A subresource such as <c>status</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">The type of what it takes and gives, for example <c>autoscaling/v1 Scale</c>.</param>
/// <param name="Verbs">Its verbs, sorted.</param>
public sealed record SubresourceInfo(string Name, GroupVersionKind Kind, IReadOnlyList<string> Verbs);
