using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mobula.Client;

/// <summary>One kubeconfig, or several that add up: of two entries of one name the first holds.</summary>
internal sealed class Kubeconfig
{
    private readonly string _name;
    private readonly Dictionary<string, Entry> _clusters = [];
    private readonly Dictionary<string, Entry> _users = [];
    private readonly Dictionary<string, Entry> _contexts = [];

    private Kubeconfig(string name) => _name = name;

    public string? CurrentContext { get; private set; }

    public static Kubeconfig Load(string? path)
    {
        if (path is not null)
        {
            if (!File.Exists(path)) throw new KubeconfigException($"{path}: the kubeconfig does not exist");
            return Read([path]);
        }
        var listed = Environment.GetEnvironmentVariable("KUBECONFIG");
        string[] paths = string.IsNullOrEmpty(listed)
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")]
            : listed.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var found = paths.Where(File.Exists).ToArray();
        if (found.Length == 0) throw new KubeconfigException($"no kubeconfig: {string.Join(", ", paths)} does not exist; set KUBECONFIG or pass --kubeconfig");
        return Read(found);
    }

    public static Kubeconfig Read(IReadOnlyList<string> paths)
    {
        var config = new Kubeconfig(string.Join(Path.PathSeparator, paths));
        foreach (var path in paths) config.Add(path, File.ReadAllText(path));
        return config;
    }

    public static Kubeconfig Parse(string path, string text)
    {
        var config = new Kubeconfig(path);
        config.Add(path, text);
        return config;
    }

    public KubernetesConnection Connection(string? contextName)
    {
        var name = contextName ?? CurrentContext;
        if (string.IsNullOrEmpty(name)) throw new KubeconfigException($"{_name}: no current-context is set; name one of the contexts: {Known(_contexts)}");
        var context = Find(_contexts, "context", name);
        var cluster = Find(_clusters, "cluster", context.Text("cluster") ?? throw context.Error("names no cluster"));
        var user = context.Text("user") is { Length: > 0 } userName ? Find(_users, "user", userName) : null;
        var server = cluster.Text("server") ?? throw cluster.Error("has no server");
        if (!Uri.TryCreate(server.Contains("://", StringComparison.Ordinal) ? server : $"http://{server}", UriKind.Absolute, out var uri))
        {
            throw cluster.Error($"has a server that is no URL: {server}");
        }
        foreach (var plugin in (ReadOnlySpan<string>)["exec", "auth-provider"])
        {
            if (user?.Has(plugin) == true) throw user.Error($"gets its credentials from '{plugin}', which is not supported; use a token or a client certificate");
        }
        return new()
        {
            Server = uri,
            Namespace = context.Text("namespace") is { Length: > 0 } ns ? ns : "default",
            CertificateAuthorityPem = cluster.Content("certificate-authority"),
            InsecureSkipTlsVerify = cluster.Text("insecure-skip-tls-verify") == "true",
            TlsServerName = cluster.Text("tls-server-name"),
            Proxy = cluster.Text("proxy-url") is { Length: > 0 } proxy ? new(proxy) : null,
            ClientCertificatePem = user?.Content("client-certificate"),
            ClientKeyPem = user?.Content("client-key"),
            Token = user?.Text("token"),
            TokenFile = user?.Text("tokenFile") is { Length: > 0 } file ? user.Resolve(file) : null,
            Username = user?.Text("username"),
            Password = user?.Text("password"),
            ImpersonateUser = user?.Text("as"),
        };
    }

    private void Add(string path, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new KubeconfigException($"{path}:{e.Start.Line}:{e.Start.Column}: the kubeconfig is not YAML: {e.Message}", e);
        }
        if (stream.Documents.Count == 0) return;
        if (stream.Documents[0].RootNode is not YamlMappingNode root) throw new KubeconfigException($"{path}: a kubeconfig is a mapping");
        CurrentContext = string.IsNullOrEmpty(CurrentContext) ? Scalar(root, "current-context") : CurrentContext;
        Collect(root, "clusters", "cluster", _clusters, path);
        Collect(root, "users", "user", _users, path);
        Collect(root, "contexts", "context", _contexts, path);
    }

    private static void Collect(YamlMappingNode root, string list, string member, Dictionary<string, Entry> into, string path)
    {
        if (!root.Children.TryGetValue(list, out var node) || node is not YamlSequenceNode entries) return;
        foreach (var entry in entries.OfType<YamlMappingNode>())
        {
            if (Scalar(entry, "name") is not { } name) throw new KubeconfigException($"{path}:{entry.Start.Line}: an entry of {list} has no name");
            var body = entry.Children.TryGetValue(member, out var found) ? found as YamlMappingNode : null;
            into.TryAdd(name, new(member, name, path, body ?? []));
        }
    }

    private Entry Find(Dictionary<string, Entry> entries, string what, string name) =>
        entries.GetValueOrDefault(name) ?? throw new KubeconfigException($"{_name}: there is no {what} '{name}'; there are: {Known(entries)}");

    private static string Known(Dictionary<string, Entry> entries) => entries.Count == 0 ? "none" : string.Join(", ", entries.Keys.Order(StringComparer.Ordinal));

    private static string? Scalar(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) && value is YamlScalarNode { Value: { } text } && text is not "null" ? text : null;

    private sealed class Entry(string what, string name, string path, YamlMappingNode body)
    {
        public bool Has(string key) => body.Children.ContainsKey(key);

        public string? Text(string key) => Scalar(body, key) is { Length: > 0 } text ? text : null;

        public KubeconfigException Error(string problem) => new($"{path}:{body.Start.Line}: {what} '{name}' {problem}");

        public string Resolve(string file) => Path.GetFullPath(file, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");

        /// <summary>The PEM of KEY-data (base64), or of the file KEY, which is relative to the kubeconfig.</summary>
        public string? Content(string key)
        {
            if (Text($"{key}-data") is { } data)
            {
                try
                {
                    return Encoding.UTF8.GetString(Convert.FromBase64String(data));
                }
                catch (FormatException e)
                {
                    throw new KubeconfigException(Error($"has a {key}-data that is not base64").Message, e);
                }
            }
            if (Text(key) is not { } file) return null;
            var resolved = Resolve(file);
            return File.Exists(resolved) ? File.ReadAllText(resolved) : throw Error($"names the {key} {resolved}, which does not exist");
        }
    }
}
