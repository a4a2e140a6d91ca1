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
    /// <summary>The place of a field, or of the nearest thing above it that is there.</summary>
    public SourcePosition PlaceOf(FieldPath field) => YamlPlaces.Of(Root, Prefix.Then(field));
}

/// <summary>A file taken apart into resources.</summary>
internal sealed class ManifestText
{
    private readonly List<ManifestResource> _resources = [];
    private readonly List<ManifestProblem> _problems = [];

    private ManifestText(ManifestFile file, YamlSource source) => (File, Source) = (file, source);

    public ManifestFile File { get; }

    public YamlSource Source { get; }

    public IReadOnlyList<ManifestResource> Resources => _resources;

    public IReadOnlyList<ManifestProblem> Problems => _problems;

    public static ManifestText Read(ManifestFile file)
    {
        var text = new ManifestText(file, YamlSource.Read(file.Text));
        for (var i = 0; i < text.Source.Documents.Count; i++) text.ReadDocument(i, text.Source.Documents[i]);
        if (text.Source.Error is { } error) text._problems.Add(new(file.Name, error.Position, error.Problem));
        return text;
    }

    private void ReadDocument(int index, YamlSourceNode root)
    {
        List<DuplicateKey> duplicates = [];
        JsonNode? json;
        try
        {
            json = YamlJson.Convert(root, duplicates);
        }
        catch (YamlSyntaxException e)
        {
            _problems.Add(new(File.Name, e.Position, e.Problem));
            return;
        }
        foreach (var duplicate in duplicates) _problems.Add(new(File.Name, duplicate.Position, $"key \"{duplicate.Key}\" already set in map"));
        if (duplicates.Count > 0) return;
        if (json is JsonObject o) Add(index, root, FieldPath.Root, o);
        else _problems.Add(new(File.Name, root.Start, "a Kubernetes object is expected: a map with apiVersion and kind"));
    }

    private void Add(int index, YamlSourceNode root, FieldPath prefix, JsonObject o)
    {
        if (o.Kind.Length == 0 || o.ApiVersion.Length == 0)
        {
            _problems.Add(new(File.Name, YamlPlaces.Of(root, prefix), $"{(o.Kind.Length == 0 ? "kind" : "apiVersion")} is missing"));
            return;
        }
        if (o.Kind.EndsWith("List", StringComparison.Ordinal) && o["items"] is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i] is JsonObject item) AddItem(index, root, prefix.Then("items").Then(i), o, item);
            }
            return;
        }
        _resources.Add(new(File, index, root, prefix, o));
    }

    // An item of a typed list (PodList) may leave out what the list says already.
    private void AddItem(int index, YamlSourceNode root, FieldPath prefix, JsonObject list, JsonObject item)
    {
        if (list.Kind.Length > "List".Length && item.Kind.Length == 0 && item.ApiVersion.Length == 0)
        {
            item = item.Clone();
            item["apiVersion"] = list.ApiVersion;
            item["kind"] = list.Kind[..^"List".Length];
        }
        Add(index, root, prefix, item);
    }
}
