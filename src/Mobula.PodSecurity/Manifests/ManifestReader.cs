using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Manifests;

/// <summary>A resource of a file: as JSON, and where it stands.</summary>
/// <param name="File">The file.</param>
/// <param name="Document">The index of its document among those of the file.</param>
/// <param name="Root">The document's root node.</param>
/// <param name="Prefix">The path from the root to the resource; not empty within a List.</param>
/// <param name="Object">The resource.</param>
internal sealed record ManifestResource(ManifestFile File, int Document, YamlSourceNode Root, FieldPath Prefix, JsonObject Object)
{
    public string Title => $"{Object.Kind}/{(Object.Name.Length > 0 ? Object.Name : Object.Text("metadata", "generateName") ?? "")}";

    /// <summary>The place of a field, or of the nearest thing above it that is there.</summary>
    public SourcePosition PlaceOf(FieldPath field) => YamlPlaces.Of(Root, Prefix.Then(field));
}

/// <summary>Takes files apart into resources.</summary>
internal static class ManifestReader
{
    public static (List<ManifestResource> Resources, List<ManifestProblem> Problems) Read(IEnumerable<ManifestFile> files)
    {
        List<ManifestResource> resources = [];
        List<ManifestProblem> problems = [];
        foreach (var file in files)
        {
            var source = YamlSource.Read(file.Text);
            for (var i = 0; i < source.Documents.Count; i++) ReadDocument(file, i, source.Documents[i], resources, problems);
            if (source.Error is { } error) problems.Add(new(file.Name, error.Position, error.Problem));
        }
        return (resources, problems);
    }

    private static void ReadDocument(ManifestFile file, int index, YamlSourceNode root, List<ManifestResource> resources, List<ManifestProblem> problems)
    {
        List<DuplicateKey> duplicates = [];
        JsonNode? json;
        try
        {
            json = YamlJson.Convert(root, duplicates);
        }
        catch (YamlSyntaxException e)
        {
            problems.Add(new(file.Name, e.Position, e.Problem));
            return;
        }
        foreach (var duplicate in duplicates) problems.Add(new(file.Name, duplicate.Position, $"key \"{duplicate.Key}\" already set in map"));
        if (duplicates.Count > 0) return;
        if (json is not JsonObject o)
        {
            problems.Add(new(file.Name, root.Start, "a Kubernetes object is expected: a map with apiVersion and kind"));
            return;
        }
        Add(file, index, root, FieldPath.Root, o, resources, problems);
    }

    private static void Add(
        ManifestFile file, int index, YamlSourceNode root, FieldPath prefix, JsonObject o, List<ManifestResource> resources, List<ManifestProblem> problems)
    {
        if (o.Kind.Length == 0 || o.ApiVersion.Length == 0)
        {
            problems.Add(new(file.Name, YamlPlaces.Of(root, prefix), $"{(o.Kind.Length == 0 ? "kind" : "apiVersion")} is missing"));
            return;
        }
        if (o.Kind.EndsWith("List", StringComparison.Ordinal) && o["items"] is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i] is JsonObject item) Add(file, index, root, prefix.Then("items").Then(i), item, resources, problems);
            }
            return;
        }
        resources.Add(new(file, index, root, prefix, o));
    }
}
