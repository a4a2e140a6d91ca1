using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Mobula.ApiServer;
using Mobula.Cli.Kubeconfigs;
using Mobula.Client;
using Mobula.Controllers;
using Mobula.Node.Network;

namespace Mobula.Cli.Clusters;

/// <summary>A cluster in this process: API server, controllers and nodes, from start to stop.</summary>
internal sealed class ClusterServer(ClusterDirectory directory, ServerProgress progress)
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly ServerLog _log = new(TimeProvider.System, Environment.GetEnvironmentVariable("MOBULA_DEBUG") is null ? LogLevel.Information : LogLevel.Debug);

    /// <summary>Runs the cluster until the process is asked to end.</summary>
    /// <exception cref="UsageException">It cannot start; the message says why.</exception>
    public async Task RunAsync()
    {
        var record = ClusterRecord.Read(directory);
        await using var pid = TakeProcessFile();
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => StopOn(c, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => StopOn(c, stop));

        var began = _clock.GetTimestamp();
        await using var audit = ClusterAudit.Open(record, _log.Line);
        await using var apiServer = await StartApiServerAsync(record, audit, stop.Token).ConfigureAwait(false);
        using var controllersStop = new CancellationTokenSource();
        var controllers = RunControllersAsync(record, apiServer, controllersStop.Token);
        progress.Step("control plane", apiServer.Endpoint.ToString().TrimEnd('/'), _clock.GetElapsedTime(began));
        ClusterAudit.Describe(record, progress);

        await using var nodes = await ClusterNodes.StartAsync(directory, record, apiServer, progress, _clock, _log, stop.Token).ConfigureAwait(false);
        progress.Ready();
        await Task.WhenAny(controllers, Task.Delay(Timeout.Infinite, stop.Token)).ConfigureAwait(false);
        await controllersStop.CancelAsync().ConfigureAwait(false);
        await controllers.ConfigureAwait(false);
    }

    private async Task<ApiServerHost> StartApiServerAsync(ClusterRecord record, ClusterAudit? audit, CancellationToken cancellation)
    {
        var network = record.NetworkIndex == ClusterRecord.NoNetwork ? null : new ClusterNetwork(record.NetworkIndex);
        var options = new ApiServerOptions
        {
            DataDirectory = directory.ApiServer,
            Address = IPAddress.Parse(record.Address),
            Port = record.Port,
            KubernetesVersion = record.KubernetesVersion,
            AuditSink = audit?.Sink,
            PodSecurity = ClusterAdmission.Read(record),
            Log = _log.Line,
        };
        if (network is not null)
        {
            options = options with { ServiceClusterIpRange = network.ServiceSubnet, AdvertiseAddress = network.Gateway };
        }
        var host = await ApiServerHost.StartAsync(options, _clock, cancellation).ConfigureAwait(false);
        var kubeconfig = KubeconfigDocument.Parse(directory.AdminKubeconfig, "");
        kubeconfig.Put(new(
            ClusterCreation.ContextName(directory.Name),
            host.Endpoint.ToString().TrimEnd('/'),
            host.Admin.CertificateAuthorityPem,
            host.Admin.ClientCertificatePem,
            host.Admin.ClientKeyPem));
        await PrivateFile.WriteAsync(directory.AdminKubeconfig, kubeconfig.ToString(), cancellation).ConfigureAwait(false);
        return host;
    }

    private async Task RunControllersAsync(ClusterRecord record, ApiServerHost apiServer, CancellationToken cancellation)
    {
        var options = new ControllerHostOptions
        {
            ApiFor = user => Connect(apiServer, user, user == "system:kube-scheduler" ? "kube-scheduler" : "kube-controller-manager"),
            RootCertificateAuthorityPem = apiServer.Admin.CertificateAuthorityPem,
            MintServiceAccountToken = apiServer.MintServiceAccountTokenAsync,
            RunScheduler = record.Nodes.Count > 0,
            Log = _log.Line,
        };
        await ControllerHost.RunAsync(Connect(apiServer, "system:kube-controller-manager", "kube-controller-manager"), options, _clock, cancellation).ConfigureAwait(false);
    }

    private static KubernetesApi Connect(ApiServerHost apiServer, string user, string fieldManager)
    {
        // A controller's ServiceAccount has the groups that a token of it would carry.
        string[] groups = user.StartsWith("system:serviceaccount:", StringComparison.Ordinal) ? ["system:serviceaccounts", "system:serviceaccounts:kube-system"] : [];
        var http = new HttpClient(apiServer.CreateHandler(user, groups)) { BaseAddress = apiServer.Endpoint, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"mobula/{fieldManager}");
        return new(http, fieldManager);
    }

    private FileStream TakeProcessFile()
    {
        try
        {
            var file = new FileStream(directory.ProcessFile, FileMode.Create, FileAccess.Write, FileShare.Read, 64, FileOptions.DeleteOnClose);
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            file.Flush();
            return file;
        }
        catch (IOException)
        {
            throw new UsageException($"cluster \"{directory.Name}\" runs already");
        }
    }

    private static void StopOn(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
