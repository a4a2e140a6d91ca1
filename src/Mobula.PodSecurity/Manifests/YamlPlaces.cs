using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Manifests;

/// <summary>Finds fields in YAML, through aliases and merges.</summary>
internal static class YamlPlaces
{
    /// <summary>The place of the field's key (of a list's element: of its content), or of the nearest thing above that is there.</summary>
    public static SourcePosition Of(YamlSourceNode root, FieldPath path)
    {
        var node = root;
        var position = root.Start;
        foreach (var step in path.Steps)
        {
            switch (Target(node), step)
            {
                case (YamlMapping map, string name) when Find(map, name) is var (key, value):
                    (node, position) = (value, key.Start);
                    break;
                case (YamlSequence list, int index) when index < list.Items.Count:
                    node = list.Items[index];
                    position = node.Start;
                    break;
                default:
                    return position;
            }
        }
        return position;
    }

    public static YamlSourceNode Target(YamlSourceNode node) => node is YamlAlias alias ? Target(alias.Target) : node;

    /// <summary>The entry of a map, its own before those merged into it.</summary>
    public static (YamlSourceNode Key, YamlSourceNode Value)? Find(YamlMapping map, string name)
    {
        if (map.Find(name) is { } own) return own;
        foreach (var merged in Merged(map))
        {
            if (Find(merged, name) is { } inherited) return inherited;
        }
        return null;
    }

    private static IEnumerable<YamlMapping> Merged(YamlMapping map)
    {
        foreach (var (key, value) in map.Entries)
        {
            if (key is not YamlScalar { Value: "<<", Style: YamlScalarStyle.Plain }) continue;
            var target = Target(value);
            if (target is YamlMapping one) yield return one;
            if (target is not YamlSequence several) continue;
            foreach (var item in several.Items)
            {
                if (Target(item) is YamlMapping each) yield return each;
            }
        }
    }
}
