using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula get clusters|nodes|kubeconfig</c>.</summary>
internal static class GetCommand
{
    /// <summary>The verb with its nouns.</summary>
    public static Command Create(TerminalOutput terminal) =>
        new("get", "Show one of [clusters, nodes, kubeconfig]") { Clusters(terminal), Nodes(terminal), Kubeconfig(terminal) };

    private static ExampleCommand Clusters(TerminalOutput terminal)
    {
        var data = ClusterOptions.DataDirectory();
        var output = ClusterOptions.Output();
        var command = new ExampleCommand("clusters", "List the clusters by name", "mobula get clusters", "mobula get clusters -o json") { data, output };
        command.SetAction(result =>
        {
            var clusters = ClusterDirectory.All(result.GetValue(data));
            if (result.GetValue(output) == "json") WriteJson(terminal, new JsonArray([.. clusters.Select(Describe)]));
            else if (clusters.Count == 0) terminal.Error.WriteLine("No clusters. Make one:  mobula create cluster");
            else foreach (var cluster in clusters) terminal.Output.WriteLine(cluster.Name);
            return 0;
        });
        return command;
    }

    private static ExampleCommand Nodes(TerminalOutput terminal)
    {
        var name = ClusterOptions.Name();
        var data = ClusterOptions.DataDirectory();
        var output = ClusterOptions.Output();
        var command = new ExampleCommand("nodes", "List a cluster's nodes by name", "mobula get nodes", "mobula get nodes --name tests") { name, data, output };
        command.SetAction(result =>
        {
            var record = ClusterRecord.Read(ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName));
            if (result.GetValue(output) == "json") WriteJson(terminal, new JsonArray([.. record.Nodes.Select(n => (JsonNode)n.Name)]));
            else foreach (var node in record.Nodes) terminal.Output.WriteLine(node.Name);
            return 0;
        });
        return command;
    }

    private static ExampleCommand Kubeconfig(TerminalOutput terminal)
    {
        var name = ClusterOptions.Name();
        var data = ClusterOptions.DataDirectory();
        var command = new ExampleCommand("kubeconfig", "Print a kubeconfig with one cluster's administrator", "mobula get kubeconfig --name tests > tests.kubeconfig") { name, data };
        command.SetAction(result =>
        {
            var directory = ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName);
            _ = ClusterRecord.Read(directory);
            terminal.Output.Write(File.ReadAllText(directory.AdminKubeconfig));
            return 0;
        });
        return command;
    }

    private static JsonNode Describe(ClusterDirectory directory)
    {
        var record = ClusterRecord.Read(directory);
        using var server = ServerProcess.Find(directory);
        return new JsonObject
        {
            ["name"] = directory.Name,
            ["kubernetesVersion"] = record.KubernetesVersion,
            ["server"] = $"https://{record.Address}:{record.Port}",
            ["running"] = server is not null,
            ["nodes"] = new JsonArray([.. record.Nodes.Select(n => (JsonNode)n.Name)]),
            ["context"] = ClusterCreation.ContextName(directory.Name),
            ["directory"] = directory.Root,
        };
    }

    private static void WriteJson(TerminalOutput terminal, JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true })) node.WriteTo(writer);
        terminal.Output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
