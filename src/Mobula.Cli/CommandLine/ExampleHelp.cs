using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Mobula.Cli.CommandLine;

/// <summary>A command that shows how it is used.</summary>
/// <param name="name">The verb or noun.</param>
/// <param name="description">What it does, in one line.</param>
/// <param name="examples">Command lines that work as they stand.</param>
internal class ExampleCommand(string name, string description, params IReadOnlyList<string> examples) : Command(name, description)
{
    /// <summary>Command lines that work as they stand.</summary>
    public IReadOnlyList<string> Examples => examples;
}

/// <summary>The usual help, followed by the command's examples.</summary>
internal sealed class ExampleHelpAction(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not ExampleCommand { Examples.Count: > 0 } command) return 0;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in command.Examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return 0;
    }

    /// <summary>Puts the examples into the help of a root command and all below it.</summary>
    public static void InstallIn(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelpAction((HelpAction)help.Action!);
    }
}
