using System.Diagnostics;
using System.Text;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Tutorials;

/// <summary>
/// Shows command lines as a person would type them, runs them, and shows what they print. <c>mobula</c> is this program,
/// <c>kubectl</c> the one chosen.
/// </summary>
/// <param name="terminal">Where to show.</param>
/// <param name="kubectl">The kubectl to run.</param>
/// <param name="workingDirectory">Where the commands run.</param>
/// <param name="environment">Variables the commands get besides this process's.</param>
internal sealed class TutorialShell(TerminalOutput terminal, string kubectl, string workingDirectory, IReadOnlyDictionary<string, string> environment)
{
    /// <summary>The most lines of a command's output that are shown; the rest is counted.</summary>
    private const int ShownLines = 24;

    /// <summary>Where the commands run.</summary>
    public string WorkingDirectory => workingDirectory;

    /// <summary>Shows and runs a command line that must succeed.</summary>
    /// <param name="commandLine">What a person would type.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="showEnd">Whether a long output is shown by its end and not by its beginning.</param>
    /// <param name="orSays">What it may say instead of succeeding.</param>
    /// <exception cref="TutorialFailure">It did not succeed.</exception>
    public async Task<CommandResult> DoAsync(string commandLine, CancellationToken cancellation, bool showEnd = false, string? orSays = null)
    {
        terminal.Output.WriteLine($"   {TerminalOutput.Paint("$ " + commandLine, "1", terminal.ColourOutput)}");
        var result = await RunAsync(commandLine, cancellation).ConfigureAwait(false);
        Show(result, showEnd);
        return result.ExitCode == 0 || (orSays is not null && result.Both.Contains(orSays, StringComparison.Ordinal)) ? result : throw new TutorialFailure($"`{commandLine}` to succeed", $"exit code {result.ExitCode}\n{result.Both.Trim()}");
    }

    /// <summary>Runs a command line without showing it, to look at something.</summary>
    public async Task<CommandResult> RunAsync(string commandLine, CancellationToken cancellation)
    {
        using var process = Start(commandLine);
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return new(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Shows and starts a command line that goes on in the background; the caller ends it.</summary>
    public Process StartInBackground(string commandLine)
    {
        terminal.Output.WriteLine($"   {TerminalOutput.Paint("$ " + commandLine + " &", "1", terminal.ColourOutput)}");
        return Start(commandLine);
    }

    private Process Start(string commandLine)
    {
        var words = ShellWords.Split(commandLine);
        var start = new ProcessStartInfo(words[0] switch { "mobula" => Environment.ProcessPath!, "kubectl" => kubectl, var other => other }, words.Skip(1))
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private void Show(CommandResult result, bool showEnd)
    {
        var lines = (result.Error + result.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var hidden = Math.Max(0, lines.Length - ShownLines);
        if (hidden > 0 && showEnd) WriteQuoted($"… {hidden} lines before");
        foreach (var line in showEnd ? lines.TakeLast(ShownLines) : lines.Take(ShownLines)) WriteQuoted(line);
        if (hidden > 0 && !showEnd) WriteQuoted($"… {hidden} more lines");
    }

    private void WriteQuoted(string line) => terminal.Output.WriteLine($"   {TerminalOutput.Paint("│", "2", terminal.ColourOutput)} {line}");
}
