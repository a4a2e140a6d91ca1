using System.CommandLine;
using System.Text.Json.Nodes;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Webhook.Install;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula install webhook</c>: applies the webhook's manifests to any cluster, the registration only once it answers.</summary>
internal static class InstallWebhookCommand
{
    private const string DefaultNamespace = "mobula-system";

    /// <summary>The noun.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var ns = new Option<string>("--namespace", "-n") { Description = "where the webhook runs", HelpName = "NAMESPACE", DefaultValueFactory = _ => DefaultNamespace };
        var image = new Option<string?>("--image") { Description = "the image (the operator's holds the whole program)", HelpName = "IMAGE" };
        var replicas = new Option<int>("--replicas") { Description = "how many instances", HelpName = "N", DefaultValueFactory = _ => 2 };
        var policy = new Option<string>("--failure-policy") { Description = "what becomes of pods and namespaces when none answers", HelpName = "Fail|Ignore", DefaultValueFactory = _ => "Fail" };
        policy.AcceptOnlyFromAmong("Fail", "Ignore");
        var excluded = new Option<string[]>("--exclude-namespace") { Description = "a namespace that is never reviewed, repeatable (always: kube-system, kube-node-lease, the webhook's own)", HelpName = "NAMESPACE", DefaultValueFactory = _ => [] };
        var certManager = new Option<bool>("--cert-manager") { Description = "let cert-manager make the certificate and set the caBundle" };
        var config = new Option<string?>("--config") { Description = "a PodSecurityConfiguration file: defaults and exemptions", HelpName = "FILE" };
        var timeout = new Option<int>("--timeout") { Description = "seconds to wait until it answers", HelpName = "SECONDS", DefaultValueFactory = _ => 120 };
        var command = new ExampleCommand(
            "webhook",
            "Install Pod Security as a validating webhook",
            "mobula install webhook",
            "mobula install webhook --cert-manager --exclude-namespace storage",
            "mobula install webhook -o yaml | kubectl apply -f -")
        {
            ns, image, replicas, policy, excluded, certManager, config, timeout,
        };
        var flags = new Installation(command);
        command.SetAction(async (result, cancellation) =>
        {
            var wanted = new WebhookInstallation(result.GetValue(ns)!)
            {
                Replicas = result.GetValue(replicas) is > 0 and var count ? count : throw new UsageException("--replicas: at least 1"),
                FailurePolicy = result.GetValue(policy)!,
                ExcludedNamespaces = result.GetValue(excluded)!,
                UsesCertManager = result.GetValue(certManager),
            };
            if (result.GetValue(image) is { } chosen) wanted = wanted with { Image = chosen };
            if (result.GetValue(config) is { } file)
            {
                // Read here, so that what the webhook would not start with is told now.
                WebhookCommand.ReadConfiguration(file);
                wanted = wanted with { Configuration = await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false) };
            }
            var (running, registration) = (WebhookManifests.Running(wanted), WebhookManifests.Registration(wanted));
            if (flags.Print(result, terminal, [.. wanted.Namespace == DefaultNamespace ? [Installation.RestrictedNamespace(DefaultNamespace)] : Array.Empty<JsonObject>(), .. running, registration])) return 0;
            var (kubeconfig, context) = flags.Cluster(result);
            using var connection = ClusterConnection.OpenKubeconfig(kubeconfig, context);
            await Installation.EnsureRestrictedNamespaceAsync(connection.Api, wanted.Namespace, cancellation).ConfigureAwait(false);
            await Installation.ApplyAsync(connection.Api, terminal, running, cancellation).ConfigureAwait(false);
            var patience = TimeSpan.FromSeconds(Math.Max(1, result.GetValue(timeout)));
            if (!await IsAvailableAsync(connection.Api, wanted.Namespace, patience, cancellation).ConfigureAwait(false))
            {
                terminal.Error.WriteLine(
                    $"The webhook does not answer after {patience.TotalSeconds:0} s, so it is not registered and refuses nothing. See why, then run this again:\n" +
                    $"  kubectl -n {wanted.Namespace} get pods,events\n  kubectl -n {wanted.Namespace} logs deployment/{WebhookManifests.Name}");
                return 1;
            }
            await Installation.ApplyAsync(connection.Api, terminal, [registration], cancellation).ConfigureAwait(false);
            terminal.Error.WriteLine($"To take it out of the way at once:  kubectl delete validatingwebhookconfiguration {WebhookManifests.ConfigurationName}");
            return 0;
        });
        return command;
    }

    private static async Task<bool> IsAvailableAsync(KubernetesApi api, string ns, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        var selector = $"metadata.name={WebhookManifests.Name}";
        try
        {
            var list = await api.ListAsync(Resources.Deployments, ns, fieldSelector: selector, cancellation: limit.Token).ConfigureAwait(false);
            if (list.Objects("items").Any(IsAvailable)) return true;
            await foreach (var e in api.WatchAsync(Resources.Deployments, ns, list.ResourceVersion, fieldSelector: selector, cancellation: limit.Token).ConfigureAwait(false))
            {
                if (e.Type is "ADDED" or "MODIFIED" && IsAvailable(e.Object)) return true;
            }
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private static bool IsAvailable(JsonObject deployment) =>
        deployment.Integer("status", "observedGeneration") >= deployment.Generation
        && deployment.Integer("status", "updatedReplicas") >= 1
        && deployment.Objects("status", "conditions").Any(c => c.Text("type") == "Available" && c.Text("status") == "True");
}
