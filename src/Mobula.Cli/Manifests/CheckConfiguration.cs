using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Cli.CommandLine;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Expansion;

namespace Mobula.Cli.Manifests;

/// <summary>
/// What a repository says about its checks once for all: <c>.mobula.yaml</c>. Flags win over it.
/// </summary>
/// <param name="Level">As <c>--level</c>.</param>
/// <param name="Version">As <c>--version</c>.</param>
/// <param name="Operator">As <c>--operator</c>.</param>
/// <param name="PodTemplates">As <c>--pod-template</c>.</param>
internal sealed record CheckConfiguration(string? Level, string? Version, string? Operator, PodTemplatePaths PodTemplates)
{
    /// <summary>The file that is read when none is named.</summary>
    public const string DefaultFile = ".mobula.yaml";

    private static readonly string[] Keys = ["level", "version", "operator", "podTemplates"];

    /// <summary>Reads a file; none named and no default file there is an empty configuration.</summary>
    /// <exception cref="UsageException">The file is not there or not usable; the message says where and why.</exception>
    public static CheckConfiguration Load(string? path)
    {
        if (path is null && !File.Exists(DefaultFile)) return new(null, null, null, new());
        path ??= DefaultFile;
        if (!File.Exists(path)) throw new UsageException($"{path} is not there");
        return Read(path, File.ReadAllText(path));
    }

    internal static CheckConfiguration Read(string path, string text)
    {
        var source = YamlSource.Read(text);
        if (source.Error is { } error) throw new UsageException($"{path}:{error.Position}: {error.Problem}");
        if (source.Documents.Count == 0) return new(null, null, null, new());
        if (source.Documents[0] is not YamlMapping root) throw new UsageException($"{path}:{source.Documents[0].Start}: a map is expected, with any of {string.Join(", ", Keys)}");
        foreach (var (key, _) in root.Entries)
        {
            var name = (key as YamlScalar)?.Value ?? "";
            if (Keys.Contains(name)) continue;
            var nearest = NearestName.Of(name, Keys);
            throw new UsageException($"{path}:{key.Start}: there is no setting \"{name}\"{(nearest is null ? $"; there are {string.Join(", ", Keys)}" : $"; did you mean \"{nearest}\"?")}");
        }
        var json = (JsonObject)YamlJson.Convert(root)!;
        return new(Text("level"), Text("version"), Text("operator"), Templates(path, root, json["podTemplates"]));

        string? Text(string name) => json[name] switch
        {
            null => null,
            JsonValue v when v.GetValueKind() == JsonValueKind.String => v.GetValue<string>(),
            _ => throw new UsageException($"{path}:{root.Find(name)!.Value.Key.Start}: {name} is a text"),
        };
    }

    private static PodTemplatePaths Templates(string path, YamlMapping root, JsonNode? templates)
    {
        var paths = new PodTemplatePaths();
        if (templates is null) return paths;
        var (key, node) = root.Find("podTemplates")!.Value;
        if (templates is not JsonObject map) throw new UsageException($"{path}:{key.Start}: podTemplates maps GROUP/KIND to a path or a list of paths");
        foreach (var (type, value) in map)
        {
            var place = (node as YamlMapping)?.Find(type)?.Key.Start ?? key.Start;
            foreach (var one in value is JsonArray list ? list.ToList() : [value])
            {
                if (one is not JsonValue v || v.GetValueKind() != JsonValueKind.String) throw new UsageException($"{path}:{place}: podTemplates maps GROUP/KIND to a path or a list of paths");
                try
                {
                    paths.Add(type, v.GetValue<string>());
                }
                catch (FormatException e)
                {
                    throw new UsageException($"{path}:{place}: {e.Message}");
                }
            }
        }
        return paths;
    }
}
