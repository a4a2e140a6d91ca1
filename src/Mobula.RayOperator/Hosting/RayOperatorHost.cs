using System.Security.Cryptography;
using Mobula.Client;

namespace Mobula.RayOperator;

/// <summary>Runs the operator's control loops.</summary>
public static class RayOperatorHost
{
    private const string LeaseName = "ray-operator-leader";

    /// <summary>
    /// Runs until cancelled, or until the lease is lost for good. Health and metrics are served from the start; objects are
    /// reconciled once this instance leads.
    /// </summary>
    /// <param name="api">The server; its field manager should be <see cref="RayOperatorOptions.FieldManager"/>.</param>
    /// <param name="options">How to run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the run; what is under way is finished first.</param>
    public static async Task RunAsync(KubernetesApi api, RayOperatorOptions options, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(options);
        var identity = options.Identity ?? $"{Environment.MachineName}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        await using var operation = new Hosting.Operation(api, options, time, identity);
        await using var endpoints = Hosting.StatusEndpoints.Start(options, operation);
        if (!options.EnableLeaderElection)
        {
            await operation.RunAsync(cancellation).ConfigureAwait(false);
            return;
        }
        var elector = new LeaderElector(
            api,
            new(options.LeaderElectionNamespace ?? OwnNamespace(), LeaseName, identity) { OnError = e => options.Log?.Invoke($"leader election: {e.Message}") },
            time);
        await elector.RunAsync(operation.RunAsync, cancellation).ConfigureAwait(false);
    }

    private static string OwnNamespace()
    {
        const string file = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
        if (Environment.GetEnvironmentVariable("POD_NAMESPACE") is { Length: > 0 } ns) return ns;
        return File.Exists(file) ? File.ReadAllText(file).Trim() : "default";
    }
}
