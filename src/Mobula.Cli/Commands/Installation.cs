using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Cli.Terminal;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;

namespace Mobula.Cli.Commands;

/// <summary>What the verbs of <c>install</c> share: to which cluster, printing instead of applying, applying.</summary>
internal sealed class Installation
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig") { Description = "the kubeconfig file (default $KUBECONFIG or ~/.kube/config)", HelpName = "FILE" };
    private readonly Option<string?> _context = new("--context") { Description = "the kubeconfig's context (default: the current one)", HelpName = "NAME" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "print the manifests, apply nothing" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "print the manifests as yaml or json, apply nothing", HelpName = "yaml|json" };

    /// <summary>Adds the flags to a command.</summary>
    public Installation(Command command)
    {
        _output.AcceptOnlyFromAmong("yaml", "json");
        foreach (var option in new Option[] { _dryRun, _output, _kubeconfig, _context }) command.Options.Add(option);
    }

    /// <summary>The kubeconfig file asked for, and its context.</summary>
    public (string? Kubeconfig, string? Context) Cluster(ParseResult result) => (result.GetValue(_kubeconfig), result.GetValue(_context));

    /// <summary>Prints the objects if that is what is wanted.</summary>
    /// <returns>Whether it did.</returns>
    public bool Print(ParseResult result, TerminalOutput terminal, IReadOnlyList<JsonObject> objects)
    {
        var format = result.GetValue(_output) ?? (result.GetValue(_dryRun) ? "yaml" : null);
        if (format is null) return false;
        terminal.Output.Write(format == "yaml" ? YamlWriter.WriteAll(objects) : Encoding.UTF8.GetString(List(objects).ToUtf8()) + "\n");
        return true;
    }

    /// <summary>Applies the objects, server-side, in their order.</summary>
    public static async Task ApplyAsync(KubernetesApi api, TerminalOutput terminal, IEnumerable<JsonObject> objects, CancellationToken cancellation)
    {
        foreach (var o in objects)
        {
            var resource = ResourceOf(o);
            await api.PatchAsync(resource, o.Namespace, o.Name, PatchType.Apply, o, force: true, cancellation: cancellation).ConfigureAwait(false);
            terminal.Output.WriteLine($"{resource.QualifiedName}/{o.Name} applied");
        }
    }

    /// <summary>Makes the namespace if it is not there.</summary>
    public static Task EnsureNamespaceAsync(KubernetesApi api, string name, CancellationToken cancellation) => EnsureAsync(api, Namespace(name), cancellation);

    /// <summary>Makes the namespace, held to the restricted standard, if it is not there.</summary>
    public static Task EnsureRestrictedNamespaceAsync(KubernetesApi api, string name, CancellationToken cancellation) => EnsureAsync(api, RestrictedNamespace(name), cancellation);

    private static async Task EnsureAsync(KubernetesApi api, JsonObject ns, CancellationToken cancellation)
    {
        if (await api.FindAsync(Resources.Namespaces, null, ns.Name, cancellation).ConfigureAwait(false) is not null) return;
        await api.CreateAsync(Resources.Namespaces, ns, cancellation).ConfigureAwait(false);
    }

    /// <summary>A namespace that holds what runs in it to the restricted standard.</summary>
    public static JsonObject RestrictedNamespace(string name)
    {
        var ns = Namespace(name);
        ns.Metadata["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = "restricted" };
        return ns;
    }

    private static JsonObject Namespace(string name) => new() { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } };

    private static JsonObject List(IReadOnlyList<JsonObject> objects)
    {
        var items = new JsonArray();
        foreach (var o in objects) items.Add((JsonNode)o.Clone());
        return new() { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = items };
    }

    /// <summary>The manifests hold kinds with regular plurals only.</summary>
    private static GroupVersionResource ResourceOf(JsonObject o)
    {
        var type = o.GroupVersionKind;
        return new(type.Group, type.Version, type.Kind.ToLowerInvariant() + "s");
    }
}
