using System.CommandLine;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.KindConfiguration;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula create cluster</c>.</summary>
internal static class CreateClusterCommand
{
    /// <summary>The command with its flags.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var name = ClusterOptions.Name();
        var config = new Option<string?>("--config") { Description = "a kind configuration file (- for standard input)", HelpName = "FILE" };
        var image = new Option<string?>("--image") { Description = "a node image as for kind; its tag chooses the Kubernetes version", HelpName = "IMAGE" };
        var version = new Option<string?>("--kubernetes-version") { Description = $"the Kubernetes version to present (default {KubernetesRelease.Newest})", HelpName = "VERSION" };
        var port = new Option<int?>("--port") { Description = "the API server's port (default: a free one)", HelpName = "PORT" };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 65535) result.AddError("--port: a port is 1 to 65535");
        });
        var node = new Option<string>("--node") { Description = "what runs pods: containerd, or none for an API server and controllers alone", HelpName = "containerd|none", DefaultValueFactory = _ => "containerd" };
        node.AcceptOnlyFromAmong("containerd", "none");
        var policy = new Option<string?>("--audit-policy-file") { Description = "an audit policy (audit.k8s.io/v1)", HelpName = "FILE" };
        var log = new Option<string?>("--audit-log-path") { Description = "where the audit log goes", HelpName = "FILE" };
        var admission = new Option<string?>("--admission-control-config-file") { Description = "Pod Security's defaults and exemptions (apiserver.config.k8s.io/v1)", HelpName = "FILE" };
        var wait = ClusterOptions.Duration("--wait", "wait so long for the nodes to be ready (default 0s)");
        var kubeconfig = ClusterOptions.Kubeconfig();
        var data = ClusterOptions.DataDirectory();
        var command = new ExampleCommand(
            "cluster",
            "Create a local Kubernetes cluster",
            "mobula create cluster",
            "mobula create cluster --config kind-config.yaml --image kindest/node:v1.24.0",
            "mobula create cluster --name tests --node none --kubeconfig ./tests.kubeconfig")
        {
            name, config, image, version, port, node, policy, log, admission, wait, kubeconfig, data,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var (settings, configWarnings) = ReadConfig(result.GetValue(config));
            var request = new ClusterRequest
            {
                Name = result.GetValue(name),
                Image = result.GetValue(image),
                KubernetesVersion = result.GetValue(version),
                Port = result.GetValue(port),
                HasNodes = result.GetValue(node) != "none",
                AuditPolicyFile = result.GetValue(policy),
                AuditLogPath = result.GetValue(log),
                AdmissionControlConfigFile = result.GetValue(admission),
                Config = settings,
                WorkingDirectory = Environment.CurrentDirectory,
            };
            foreach (var warning in configWarnings) terminal.Warn(warning);
            await ClusterCreation.RunAsync(request, result.GetValue(data), result.GetValue(kubeconfig), result.GetValue(wait), terminal, cancellation).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static (KindConfig Config, IReadOnlyList<string> Warnings) ReadConfig(string? file)
    {
        if (file is null) return (new(), []);
        if (file == "-") return KindConfigReader.Read("standard input", Console.In.ReadToEnd());
        if (!File.Exists(file)) throw new UsageException($"--config: {file} is not there");
        return KindConfigReader.Read(file, File.ReadAllText(file));
    }
}
