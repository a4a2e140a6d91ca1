using System.CommandLine;
using System.Runtime.InteropServices;
using Mobula.Cli.CommandLine;
using Mobula.Client;
using Mobula.RayOperator;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula operator</c>: the Ray operator, in its pod or by hand. Flags have the names of KubeRay's.</summary>
internal static class OperatorCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var defaults = new RayOperatorOptions();
        var watch = new Option<string?>("--watch-namespace") { Description = "the namespaces to work in, separated by commas (default: all)", HelpName = "NAMESPACES" };
        var concurrency = new Option<int>("--reconcile-concurrency") { Description = "how many objects of a kind are reconciled at once", HelpName = "N", DefaultValueFactory = _ => defaults.ReconcileConcurrency };
        var elect = new Option<bool>("--enable-leader-election") { Description = "only one of several operators acts", DefaultValueFactory = _ => defaults.EnableLeaderElection };
        var electionNamespace = new Option<string?>("--leader-election-namespace") { Description = "where the Lease lies (default: the operator's own namespace)", HelpName = "NAMESPACE" };
        var metrics = new Option<string>("--metrics-addr") { Description = "where /metrics is served; 0 for nowhere", HelpName = "HOST:PORT", DefaultValueFactory = _ => defaults.MetricsAddress };
        var health = new Option<string>("--health-probe-bind-address") { Description = "where /healthz and /readyz are served; 0 for nowhere", HelpName = "HOST:PORT", DefaultValueFactory = _ => defaults.HealthProbeAddress };
        var rayMetrics = new Option<bool>("--enable-metrics") { Description = "also serve metrics of Ray resources" };
        var proxy = new Option<bool>("--use-kubernetes-proxy") { Description = "reach Ray's dashboard through the API server" };
        var gates = new Option<string?>("--feature-gates") { Description = "NAME=true|false, separated by commas", HelpName = "GATES" };
        var hardening = new Option<bool>("--pod-security-defaults") { Description = "fill in what the restricted standard asks for, where the user said nothing", DefaultValueFactory = _ => defaults.PodSecurityDefaults };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "the cluster (default: the one this runs in, else kubectl's)", HelpName = "FILE" };
        var command = new ExampleCommand(
            "operator",
            "Run the Ray operator: RayCluster, RayJob, RayService, RayCronJob",
            "mobula operator --watch-namespace ray --enable-leader-election=false",
            "mobula operator --pod-security-defaults=false")
        {
            watch, concurrency, elect, electionNamespace, metrics, health, rayMetrics, proxy, gates, hardening, kubeconfig,
        };
        command.SetAction(async (result, cancellation) =>
        {
            if (result.GetValue(concurrency) < 1) throw new UsageException("--reconcile-concurrency: at least 1");
            var options = new RayOperatorOptions
            {
                WatchNamespaces = result.GetValue(watch)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
                ReconcileConcurrency = result.GetValue(concurrency),
                EnableLeaderElection = result.GetValue(elect),
                LeaderElectionNamespace = result.GetValue(electionNamespace),
                MetricsAddress = result.GetValue(metrics)!,
                HealthProbeAddress = result.GetValue(health)!,
                EnableMetrics = result.GetValue(rayMetrics),
                UseKubernetesProxy = result.GetValue(proxy),
                FeatureGates = ReadGates(result.GetValue(gates)),
                PodSecurityDefaults = result.GetValue(hardening),
                Log = line => Console.Error.WriteLine($"{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {line}"),
            }.WithEnvironment(Environment.GetEnvironmentVariable);
            var connection = result.GetValue(kubeconfig) is { } file ? KubernetesConnection.FromKubeconfig(file) : KubernetesConnection.Default();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
            {
                c.Cancel = true;
                stop.Cancel();
            });
            await RayOperatorHost.RunAsync(connection.CreateApi(RayOperatorOptions.FieldManager), options, TimeProvider.System, stop.Token).ConfigureAwait(false);
            // A Lease lost for good ends the run too; a new process starts from a clean state.
            return stop.IsCancellationRequested ? 0 : 1;
        });
        return command;
    }

    private static FeatureGates ReadGates(string? text)
    {
        try
        {
            return text is null ? FeatureGates.Default : FeatureGates.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"--feature-gates: {e.Message}");
        }
    }
}
