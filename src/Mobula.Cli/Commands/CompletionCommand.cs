using System.CommandLine;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula completion</c>: scripts that ask the program itself what may follow.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        _mobula() {
            local IFS=$'\n'
            COMPREPLY=($(mobula "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
        }
        complete -o default -F _mobula mobula
        """;

    private const string Zsh =
        """
        #compdef mobula
        _mobula() {
            local -a suggestions
            suggestions=("${(@f)$(mobula "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a suggestions
        }
        compdef _mobula mobula
        """;

    private const string Fish =
        """
        complete -c mobula -f -a '(mobula "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new ExampleCommand("completion", "Print a completion script for a shell", "source <(mobula completion bash)") { shell };
        command.SetAction(result =>
        {
            terminal.Output.WriteLine(result.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return 0;
        });
        return command;
    }
}
