using System.CommandLine;
using System.Reflection;
using Mobula.Cli.Clusters;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The version of this program, <c>MAJOR.MINOR.PATCH</c>.</summary>
    public static string Version { get; } =
        (typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0").Split('+')[0];

    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var output = ClusterOptions.Output();
        var command = new ExampleCommand("version", "Print the version", "mobula version") { output };
        command.SetAction(result =>
        {
            terminal.Output.WriteLine(result.GetValue(output) == "json"
                ? $$"""{"version":"{{Version}}","kubernetesVersion":"{{KubernetesRelease.Newest}}"}"""
                : $"mobula {Version} (Kubernetes {KubernetesRelease.Newest})");
            return 0;
        });
        return command;
    }
}
