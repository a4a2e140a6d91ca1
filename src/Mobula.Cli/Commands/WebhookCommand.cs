using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Mobula.Cli.CommandLine;
using Mobula.Client;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Webhook;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula webhook</c>: Pod Security as a validating webhook. Flags have the names of Kubernetes' own webhook.</summary>
internal static class WebhookCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var defaults = new WebhookOptions();
        var config = new Option<string?>("--config") { Description = "a PodSecurityConfiguration file: defaults and exemptions", HelpName = "FILE" };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "the cluster (default: the one this runs in, else kubectl's)", HelpName = "FILE" };
        var address = new Option<string>("--bind-address") { Description = "the address to listen on", HelpName = "ADDRESS", DefaultValueFactory = _ => "::" };
        var port = new Option<int>("--secure-port") { Description = "the port to listen on", HelpName = "PORT", DefaultValueFactory = _ => defaults.Port };
        var certificate = new Option<string?>("--tls-cert-file") { Description = "the serving certificate (default: made and renewed by itself)", HelpName = "FILE" };
        var key = new Option<string?>("--tls-private-key-file") { Description = "the certificate's key", HelpName = "FILE" };
        var ns = new Option<string?>("--namespace", "-n") { Description = "where its Secret and exemptions lie (default $POD_NAMESPACE; none: a certificate in memory, no exemptions of workloads)", HelpName = "NAMESPACE" };
        var service = new Option<string>("--service") { Description = "the Service that leads to it, for the certificate's names", HelpName = "NAME", DefaultValueFactory = _ => defaults.ServiceName };
        var secret = new Option<string>("--secret") { Description = "the Secret that the replicas share their certificate in", HelpName = "NAME", DefaultValueFactory = _ => defaults.SecretName };
        var configuration = new Option<string>("--webhook-configuration") { Description = "the ValidatingWebhookConfiguration whose caBundle it keeps", HelpName = "NAME", DefaultValueFactory = _ => defaults.ConfigurationName };
        var delay = new Option<double>("--shutdown-delay") { Description = "seconds to serve on, not ready, after SIGTERM", HelpName = "SECONDS", DefaultValueFactory = _ => defaults.ShutdownDelay.TotalSeconds };
        var command = new ExampleCommand(
            "webhook",
            "Run Pod Security as a validating webhook, for any Kubernetes",
            "mobula webhook --config podsecurity.yaml",
            "mobula install webhook")
        {
            config, kubeconfig, address, port, certificate, key, ns, service, secret, configuration, delay,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var listen = result.GetValue(address)!;
            var options = defaults with
            {
                Address = IPAddress.TryParse(listen, out var ip) ? ip : throw new UsageException($"--bind-address: \"{listen}\" is no address; write 0.0.0.0, :: or 127.0.0.1"),
                Port = result.GetValue(port) is >= 0 and <= IPEndPoint.MaxPort and var number ? number : throw new UsageException("--secure-port: 0 to 65535"),
                PodSecurity = result.GetValue(config) is { } file ? ReadConfiguration(file) : PodSecurityConfiguration.Default,
                Namespace = result.GetValue(ns) ?? (Environment.GetEnvironmentVariable("POD_NAMESPACE") is { Length: > 0 } own ? own : null),
                TlsCertificateFile = result.GetValue(certificate),
                TlsPrivateKeyFile = result.GetValue(key),
                ServiceName = result.GetValue(service)!,
                SecretName = result.GetValue(secret)!,
                ConfigurationName = result.GetValue(configuration)!,
                ShutdownDelay = result.GetValue(delay) is >= 0 and <= 600 and var seconds ? TimeSpan.FromSeconds(seconds) : throw new UsageException("--shutdown-delay: 0 to 600"),
                Log = line => Console.Error.WriteLine($"{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {line}"),
            };
            if (options.TlsCertificateFile is null != options.TlsPrivateKeyFile is null) throw new UsageException("--tls-cert-file and --tls-private-key-file go together");
            var connection = result.GetValue(kubeconfig) is { } cluster ? KubernetesConnection.FromKubeconfig(cluster) : KubernetesConnection.Default();
            await RunAsync(connection.CreateApi(WebhookOptions.FieldManager), options, cancellation).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(KubernetesApi api, WebhookOptions options, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
        {
            c.Cancel = true;
            stop.Cancel();
        });
        var host = await WebhookHost.StartAsync(api, options, TimeProvider.System, stop.Token).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            options.Log!($"listening on {new IPEndPoint(options.Address, host.Endpoint.Port)}");
            if (options.Namespace is null && host.CertificateAuthorityPem is { } pem) Console.Out.Write(pem + "\n");
            await host.RunAsync(stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Reads a PodSecurityConfiguration, or the AdmissionConfiguration that kube-apiserver takes.</summary>
    public static PodSecurityConfiguration ReadConfiguration(string file)
    {
        try
        {
            var source = YamlSource.Read(File.ReadAllText(file));
            if (source.Error is { } error) throw new UsageException($"{file}:{error.Position.Line}: {error.Problem}");
            if (source.Documents.Count == 0) return PodSecurityConfiguration.Default;
            var document = YamlJson.Convert(source.Documents[0]) as JsonObject ?? throw new UsageException($"{file}: an object is expected");
            return document["kind"]?.ToString() == "AdmissionConfiguration" ? AdmissionConfigurationFile.Read(file, File.ReadAllText) : PodSecurityConfiguration.Read(document);
        }
        catch (YamlSyntaxException e)
        {
            throw new UsageException($"{file}:{e.Message}");
        }
        catch (PodSecurityConfigurationException e)
        {
            throw new UsageException($"{file}: {e.Message}");
        }
    }
}
