using System.CommandLine;
using Mobula.Cli.Terminal;
using Mobula.Kubernetes;

namespace Mobula.Cli.CommandLine;

/// <summary>Runs a command line: problems become one clear text and the exit code 2, never a stack trace.</summary>
internal static class Invocation
{
    /// <summary>Asked wrongly, or could not be done.</summary>
    public const int CannotBeDone = 2;

    /// <summary>Parses and runs.</summary>
    /// <returns>0 fine, 1 the thing asked about is not fine, 2 asked wrongly or could not be done, 130 interrupted.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] arguments, TerminalOutput terminal)
    {
        var result = root.Parse(arguments);
        if (result.Errors.Count > 0 && result.Action is not ExampleHelpAction)
        {
            if (result.Tokens.Count == 0 || result.UnmatchedTokens.Count == 0 && result.CommandResult.Command.Subcommands.Count > 0)
            {
                return await root.Parse([.. arguments, "--help"]).InvokeAsync().ConfigureAwait(false) == 0 && arguments.Length == 0 ? 0 : CannotBeDone;
            }
            terminal.Problem(Explain(result));
            return CannotBeDone;
        }
        try
        {
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = terminal.Output, Error = terminal.Error }).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            terminal.Problem(e.Message);
        }
        catch (StatusException e)
        {
            terminal.Problem($"the API server says: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            terminal.Problem("interrupted");
            return 130;
        }
        catch (HttpRequestException e)
        {
            terminal.Problem($"the API server cannot be reached: {e.Message}\nIs the cluster running?  mobula get clusters");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Problem(e.Message);
        }
        return CannotBeDone;
    }

    private static string Explain(ParseResult result)
    {
        var command = result.CommandResult.Command;
        var path = string.Join(' ', Path(result.CommandResult).Append("mobula").Reverse());
        var wrong = result.UnmatchedTokens.Count > 0 ? result.UnmatchedTokens[0] : null;
        if (wrong is null) return $"{result.Errors[0].Message}\nSee:  {path} --help";
        var candidates = wrong.StartsWith('-')
            ? command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name))
            : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
        var nearest = NearestName.Of(wrong.Split('=')[0], candidates);
        var what = wrong.StartsWith('-') ? "flag" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"{path} has no {what} \"{wrong}\"{(nearest is null ? "" : $"; did you mean \"{nearest}\"?")}\nSee:  {path} --help";
    }

    private static IEnumerable<string> Path(System.CommandLine.Parsing.CommandResult command)
    {
        for (System.CommandLine.Parsing.SymbolResult? c = command; c is System.CommandLine.Parsing.CommandResult { Parent: not null } result; c = c.Parent)
        {
            yield return result.Command.Name;
        }
    }
}
