using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Authorization;

/// <summary>What a request wants to do, as authorizers see it.</summary>
internal sealed record AccessAttributes
{
    public required string Verb { get; init; }

    public string Namespace { get; init; } = "";

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>The field selector of a list or watch, as sent.</summary>
    public string FieldSelector { get; init; } = "";

    /// <summary>The path of a request for no resource.</summary>
    public string Path { get; init; } = "";

    public bool IsResource { get; init; } = true;

    public string ResourceWithSubresource => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";
}

/// <summary>One rule of a Role or ClusterRole.</summary>
internal sealed record RbacRule(
    IReadOnlyList<string> Verbs, IReadOnlyList<string> Groups, IReadOnlyList<string> Resources, IReadOnlyList<string> Names, IReadOnlyList<string> Paths)
{
    public static RbacRule Read(JsonObject rule) => new(
        [.. rule.Texts("verbs")], [.. rule.Texts("apiGroups")], [.. rule.Texts("resources")], [.. rule.Texts("resourceNames")], [.. rule.Texts("nonResourceURLs")]);

    public bool Allows(AccessAttributes access)
    {
        if (!Has(Verbs, access.Verb)) return false;
        return access.IsResource
            ? Has(Groups, access.Group) && HasResource(access.ResourceWithSubresource, access.Subresource) && (Names.Count == 0 || Names.Contains(access.Name))
            : Paths.Any(p => p == "*" || p == access.Path || (p.EndsWith('*') && access.Path.StartsWith(p.TrimEnd('*'), StringComparison.Ordinal)));
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["verbs"] = Texts(Verbs) };
        if (Groups.Count > 0) json["apiGroups"] = Texts(Groups);
        if (Resources.Count > 0) json["resources"] = Texts(Resources);
        if (Names.Count > 0) json["resourceNames"] = Texts(Names);
        if (Paths.Count > 0) json["nonResourceURLs"] = Texts(Paths);
        return json;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => JsonValue.Create(t))]);

    private static bool Has(IReadOnlyList<string> allowed, string value) => allowed.Contains("*") || allowed.Contains(value);

    private bool HasResource(string combined, string subresource) =>
        Resources.Any(r => r == "*" || r == combined || (subresource.Length > 0 && r.Length == subresource.Length + 2 && r.StartsWith("*/", StringComparison.Ordinal) && r.EndsWith(subresource, StringComparison.Ordinal)));
}
