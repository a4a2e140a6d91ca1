using System.CommandLine;
using System.Text.Json.Nodes;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.RayOperator.Install;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula install operator</c>: applies the operator's manifests to any cluster.</summary>
internal static class InstallCommand
{
    private static readonly GroupVersionResource Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");

    /// <summary>The verb with its nouns.</summary>
    public static Command Create(TerminalOutput terminal) => new("install", "Install one of [operator, webhook] into a cluster") { Operator(terminal), InstallWebhookCommand.Create(terminal) };

    private static ExampleCommand Operator(TerminalOutput terminal)
    {
        var ns = new Option<string>("--namespace", "-n") { Description = "where the operator runs", HelpName = "NAMESPACE", DefaultValueFactory = _ => "mobula-system" };
        var image = new Option<string?>("--image") { Description = "the operator's image", HelpName = "IMAGE" };
        var own = new Option<bool>("--own-namespace-only") { Description = "work in that namespace alone" };
        var flags = new Option<string[]>("--flag") { Description = "a flag for the operator, repeatable", HelpName = "--NAME=VALUE", DefaultValueFactory = _ => [] };
        var command = new ExampleCommand(
            "operator",
            "Install the Ray operator: CRDs, ServiceAccount, RBAC, Deployment",
            "mobula install operator -n pod-security",
            "mobula install operator -n ray --own-namespace-only --flag=--pod-security-defaults=false")
        {
            ns, image, own, flags,
        };
        var shared = new Installation(command);
        command.SetAction(async (result, cancellation) =>
        {
            var installation = new OperatorInstallation(result.GetValue(ns)!) { OwnNamespaceOnly = result.GetValue(own), Flags = result.GetValue(flags)! };
            if (result.GetValue(image) is { } chosen) installation = installation with { Image = chosen };
            var objects = OperatorManifests.All(installation);
            if (shared.Print(result, terminal, objects)) return 0;
            var (kubeconfig, context) = shared.Cluster(result);
            using var connection = ClusterConnection.OpenKubeconfig(kubeconfig, context);
            await Installation.EnsureNamespaceAsync(connection.Api, installation.Namespace, cancellation).ConfigureAwait(false);
            await Installation.ApplyAsync(connection.Api, terminal, objects, cancellation).ConfigureAwait(false);
            await WaitForDefinitionsAsync(connection.Api, cancellation).ConfigureAwait(false);
            terminal.Error.WriteLine($"Wait for it:  kubectl rollout status -n {installation.Namespace} deployment/{OperatorManifests.Name}");
            return 0;
        });
        return command;
    }

    /// <summary>What is applied next may be of the new kinds.</summary>
    private static async Task WaitForDefinitionsAsync(KubernetesApi api, CancellationToken cancellation)
    {
        var list = await api.ListAsync(Definitions, cancellation: cancellation).ConfigureAwait(false);
        var waiting = list.Objects("items").Where(d => d.Text("spec", "group") == "ray.io" && !IsEstablished(d)).Select(d => d.Name).ToHashSet();
        if (waiting.Count == 0) return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var e in api.WatchAsync(Definitions, null, list.Text("metadata", "resourceVersion") ?? "", cancellation: patience.Token).ConfigureAwait(false))
        {
            if (e.Type is "ADDED" or "MODIFIED" && IsEstablished(e.Object)) waiting.Remove(e.Object.Name);
            if (waiting.Count == 0) return;
        }
    }

    private static bool IsEstablished(JsonObject definition) => definition.Objects("status", "conditions").Any(c => c.Text("type") == "Established" && c.Text("status") == "True");
}
