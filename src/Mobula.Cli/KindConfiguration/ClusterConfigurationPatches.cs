using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mobula.Cli.KindConfiguration;

/// <summary>
/// Reads <c>kubeadmConfigPatches</c>: YAML texts inside the configuration. Of the kind <c>ClusterConfiguration</c> it
/// takes the API server's flags and volumes; everything else is told as a warning.
/// </summary>
internal sealed class ClusterConfigurationPatches(YamlSource outer, List<string> warnings)
{
    private readonly Dictionary<string, ApiServerFlag> _flags = new(StringComparer.Ordinal);
    private readonly List<PathMount> _volumes = [];

    /// <summary><c>apiServer.extraArgs</c>: later patches win.</summary>
    public IReadOnlyDictionary<string, ApiServerFlag> Flags => _flags;

    /// <summary><c>apiServer.extraVolumes</c>.</summary>
    public IReadOnlyList<PathMount> Volumes => _volumes;

    /// <summary>Reads a list of patches.</summary>
    /// <exception cref="UsageException">A patch is not YAML, or not of the shape kubeadm takes.</exception>
    public void Read(YamlNode list, string path)
    {
        foreach (var item in outer.Items(list, path))
        {
            // A block scalar's text begins on the line after its mark.
            var isBlock = item is YamlScalarNode { Style: ScalarStyle.Literal or ScalarStyle.Folded };
            var source = new YamlSource(outer.File, (int)item.Start.Line - (isBlock ? 0 : 1));
            foreach (var document in source.Parse(outer.Text(item, path))) ReadPatch(source, document);
        }
    }

    private void ReadPatch(YamlSource source, YamlNode patch)
    {
        var members = source.Members(patch, "the patch").ToList();
        var kindMember = members.FirstOrDefault(m => m.Name == "kind");
        var kind = kindMember.Value is null ? throw source.Error(patch, "a kubeadm patch needs its kind, for example ClusterConfiguration") : source.Text(kindMember.Value, "kind");
        if (kind != "ClusterConfiguration")
        {
            warnings.Add($"{source.Place(kindMember.Value)}: a patch of {kind} has no meaning here and is ignored");
            return;
        }
        foreach (var (name, key, value) in members)
        {
            if (name == "apiServer") ReadApiServer(source, value);
            else if (name is not ("kind" or "apiVersion" or "metadata")) Ignore(source, key, name);
        }
    }

    private void ReadApiServer(YamlSource source, YamlNode node)
    {
        foreach (var (name, key, value) in source.Members(node, "apiServer"))
        {
            switch (name)
            {
                case "extraArgs": ReadArguments(source, value); break;
                case "extraVolumes": ReadVolumes(source, value); break;
                default: Ignore(source, key, $"apiServer.{name}"); break;
            }
        }
    }

    /// <summary>kubeadm's v1beta3 has a map here, v1beta4 a list of name and value.</summary>
    private void ReadArguments(YamlSource source, YamlNode node)
    {
        const string path = "apiServer.extraArgs";
        if (node is YamlSequenceNode)
        {
            foreach (var item in source.Items(node, path))
            {
                var fields = source.Members(item, path).ToDictionary(m => m.Name, m => m.Value);
                if (!fields.TryGetValue("name", out var name) || !fields.TryGetValue("value", out var value)) throw source.Error(item, $"{path} needs name and value");
                _flags[source.Text(name, path)] = new(source.Text(value, path), source.Place(value));
            }
            return;
        }
        foreach (var (name, _, value) in source.Members(node, path)) _flags[name] = new(source.Text(value, $"{path}.{name}"), source.Place(value));
    }

    private void ReadVolumes(YamlSource source, YamlNode node)
    {
        const string path = "apiServer.extraVolumes";
        foreach (var item in source.Items(node, path))
        {
            string? hostPath = null, mountPath = null;
            var readOnly = false;
            foreach (var (name, key, value) in source.Members(item, path))
            {
                switch (name)
                {
                    case "hostPath": hostPath = source.Text(value, $"{path}.{name}"); break;
                    case "mountPath": mountPath = source.Text(value, $"{path}.{name}"); break;
                    case "readOnly": readOnly = source.Flag(value, $"{path}.{name}"); break;
                    case "name" or "pathType": break;
                    default: throw source.Error(key, $"unknown field \"{path}.{name}\"");
                }
            }
            if (hostPath is null || mountPath is null) throw source.Error(item, $"{path} needs hostPath and mountPath");
            _volumes.Add(new(hostPath, mountPath, readOnly));
        }
    }

    private void Ignore(YamlSource source, YamlNode key, string path) =>
        warnings.Add($"{source.Place(key)}: {path} of a ClusterConfiguration has no meaning here and is ignored");
}
