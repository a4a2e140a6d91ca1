using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mobula.Cli.Kubeconfigs;

/// <summary>
/// A kubeconfig as a YAML tree: entries are put in and taken out, everything else stays as it is. Its text keeps comments too,
/// wherever a change of the text says the same as the change of the tree.
/// </summary>
internal sealed class KubeconfigDocument
{
    private readonly YamlMappingNode _root;
    private string? _text;

    private KubeconfigDocument(YamlMappingNode root, string? text) => (_root, _text) = (root, text);

    /// <summary>Reads a kubeconfig; an empty text is an empty kubeconfig.</summary>
    /// <param name="file">The name of the file, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="UsageException">The text is no kubeconfig.</exception>
    public static KubeconfigDocument Parse(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new UsageException($"{file}:{e.Start.Line}:{e.Start.Column}: {e.InnerException?.Message ?? e.Message}\nMend the file, or choose another one with --kubeconfig.");
        }
        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is YamlScalarNode { Value: null or "" })
        {
            return new(new YamlMappingNode { { "apiVersion", "v1" }, { "kind", "Config" }, { "preferences", new YamlMappingNode() } }, null);
        }
        if (stream.Documents[0].RootNode is not YamlMappingNode root) throw new UsageException($"{file} is no kubeconfig: it must be a mapping");
        return new(root, text);
    }

    /// <summary>The field <c>current-context</c>, or null.</summary>
    public string? CurrentContext => Find(_root, "current-context") is YamlScalarNode { Value: { Length: > 0 } value } ? value : null;

    /// <summary>Whether a context of that name is there.</summary>
    public bool HasContext(string name) => Entries("contexts", add: false)?.Any(e => NameOf(e) == name) == true;

    /// <summary>The entries of a name, as <see cref="Put(KubeconfigEntry)"/> wrote them.</summary>
    /// <exception cref="KeyNotFoundException">A part of them is missing.</exception>
    public KubeconfigEntry Entry(string name)
    {
        return new(name, Field("clusters", "cluster", "server"), Pem("clusters", "cluster", "certificate-authority-data"), Pem("users", "user", "client-certificate-data"), Pem("users", "user", "client-key-data"));

        string Field(string section, string member, string field) =>
            Entries(section, add: false)?.FirstOrDefault(e => NameOf(e) == name) is YamlMappingNode entry && Find(entry, member) is YamlMappingNode body && Find(body, field) is YamlScalarNode { Value: { } value }
                ? value
                : throw new KeyNotFoundException($"{section} has no {field} of \"{name}\"");

        string Pem(string section, string member, string field) => Encoding.ASCII.GetString(Convert.FromBase64String(Field(section, member, field)));
    }

    /// <summary>Puts cluster, user and context in, replacing those of the same name, and makes the context the current one.</summary>
    public void Put(KubeconfigEntry entry)
    {
        (string Section, string Member, (string Key, string Value)[] Fields)[] parts =
        [
            ("clusters", "cluster", [("certificate-authority-data", Base64(entry.CertificateAuthority)), ("server", entry.Server)]),
            ("users", "user", [("client-certificate-data", Base64(entry.ClientCertificate)), ("client-key-data", Base64(entry.ClientKey))]),
            ("contexts", "context", [("cluster", entry.Name), ("user", entry.Name)]),
        ];
        foreach (var (section, member, fields) in parts)
        {
            var value = new YamlMappingNode();
            foreach (var (key, text) in fields) value.Add(key, text);
            Put(section, entry.Name, member, value);
        }
        Set(_root, "current-context", new YamlScalarNode(entry.Name));
        if (_text is null) return;
        _text = KubeconfigText.Put(
            _text, entry.Name, parts.ToDictionary(p => p.Section, p => (string[])[$"{p.Member}:", .. p.Fields.Select(f => $"  {f.Key}: {f.Value}"), $"name: {entry.Name}"]));
    }

    /// <summary>Takes cluster, user and context of a name out; an own current context goes too.</summary>
    /// <returns>Whether anything was there.</returns>
    public bool Remove(string name)
    {
        var found = false;
        foreach (var section in new[] { "clusters", "users", "contexts" })
        {
            if (Entries(section, add: false) is not { } entries) continue;
            foreach (var entry in entries.Where(e => NameOf(e) == name).ToList()) found |= entries.Children.Remove(entry);
        }
        if (CurrentContext == name) Set(_root, "current-context", new YamlScalarNode("") { Style = ScalarStyle.DoubleQuoted });
        if (_text is not null) _text = KubeconfigText.Remove(_text, name);
        return found;
    }

    /// <summary>The kubeconfig as YAML.</summary>
    public override string ToString() => _text is { } text && Says(text) ? text : Write();

    private bool Says(string text)
    {
        try
        {
            return Parse("", text)._root.Equals(_root);
        }
        catch (UsageException)
        {
            return false;
        }
    }

    private string Write()
    {
        var writer = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(_root)).Save(new EmitterWithoutEnd(new Emitter(writer, new EmitterSettings(2, 1_000_000, false, 1024, true))), assignAnchors: false);
        return writer.ToString();
    }

    private void Put(string section, string name, string member, YamlMappingNode value)
    {
        var entries = Entries(section, add: true)!;
        var entry = new YamlMappingNode { { member, value }, { "name", name } };
        var index = entries.Children.ToList().FindIndex(e => NameOf(e) == name);
        if (index < 0) entries.Add(entry);
        else entries.Children[index] = entry;
    }

    private YamlSequenceNode? Entries(string section, bool add)
    {
        if (Find(_root, section) is YamlSequenceNode entries) return entries;
        if (!add) return null;
        entries = [];
        Set(_root, section, entries);
        return entries;
    }

    private static string? NameOf(YamlNode entry) => entry is YamlMappingNode mapping && Find(mapping, "name") is YamlScalarNode name ? name.Value : null;

    private static YamlNode? Find(YamlMappingNode mapping, string key) => mapping.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;

    private static void Set(YamlMappingNode mapping, string key, YamlNode value) => mapping.Children[new YamlScalarNode(key)] = value;

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));

    /// <summary>Leaves the mark of a document's end (<c>...</c>) out, which no kubeconfig has.</summary>
    private sealed class EmitterWithoutEnd(IEmitter emitter) : IEmitter
    {
        public void Emit(YamlDotNet.Core.Events.ParsingEvent @event) =>
            emitter.Emit(@event is YamlDotNet.Core.Events.DocumentEnd ? new YamlDotNet.Core.Events.DocumentEnd(true) : @event);
    }
}
