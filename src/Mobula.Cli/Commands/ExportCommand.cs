using System.CommandLine;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Kubeconfigs;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula export logs|kubeconfig</c>.</summary>
internal static class ExportCommand
{
    /// <summary>The verb with its nouns.</summary>
    public static Command Create(TerminalOutput terminal) => new("export", "Export one of [logs, kubeconfig]") { Logs(terminal), Kubeconfig(terminal) };

    private static ExampleCommand Logs(TerminalOutput terminal)
    {
        var target = new Argument<string?>("DIR") { Description = "where to (default: a new folder below the temporary one)", Arity = ArgumentArity.ZeroOrOne };
        var (name, data) = (ClusterOptions.Name(), ClusterOptions.DataDirectory());
        var command = new ExampleCommand("logs", "Copy a cluster's logs into a folder: server, audit, containerd, pods", "mobula export logs ./logs") { target, name, data };
        command.SetAction(result =>
        {
            var directory = ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName);
            var record = ClusterRecord.Read(directory);
            var folder = Path.GetFullPath(result.GetValue(target) ?? Directory.CreateTempSubdirectory("mobula-logs-").FullName);
            Copy(Path.GetDirectoryName(directory.LogFile)!, folder);
            if (record.ApiServerFlags.GetValueOrDefault("audit-log-path") is { } audit && audit != "-" && File.Exists(audit)) CopyFile(audit, Path.Combine(folder, "audit.log"));
            foreach (var node in record.Nodes)
            {
                Copy(Path.Combine(directory.Node(node.Name), "logs"), Path.Combine(folder, node.Name));
                var containerd = ClusterNodes.Options(directory, record, node).ToContainerd().LogFile;
                if (File.Exists(containerd)) CopyFile(containerd, Path.Combine(folder, node.Name, "containerd.log"));
            }
            terminal.Output.WriteLine(folder);
            return 0;
        });
        return command;
    }

    private static ExampleCommand Kubeconfig(TerminalOutput terminal)
    {
        var (name, data, kubeconfig) = (ClusterOptions.Name(), ClusterOptions.DataDirectory(), ClusterOptions.Kubeconfig());
        var command = new ExampleCommand("kubeconfig", "Write a cluster's context into a kubeconfig again", "mobula export kubeconfig --name tests") { name, data, kubeconfig };
        command.SetAction(result =>
        {
            var directory = ClusterDirectory.Of(result.GetValue(data), result.GetValue(name) ?? ClusterPlan.DefaultName);
            _ = ClusterRecord.Read(directory);
            var context = ClusterCreation.ContextName(directory.Name);
            KubeconfigFile.Default(result.GetValue(kubeconfig)).Put(new KubeconfigFile(directory.AdminKubeconfig).Read().Entry(context));
            terminal.Error.WriteLine($"kubectl context is now \"{context}\".");
            return 0;
        });
        return command;
    }

    private static void Copy(string from, string to)
    {
        if (!Directory.Exists(from)) return;
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) CopyFile(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    /// <summary>Logs grow while they are copied, and the links of a pod that is gone lead nowhere.</summary>
    private static void CopyFile(string from, string to)
    {
        if (!File.Exists(from)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var target = File.Create(to);
        source.CopyTo(target);
    }
}
