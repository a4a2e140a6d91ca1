using Mobula.Cli.Terminal;

namespace Mobula.Cli.Tutorials;

/// <summary>Runs steps one after the other, stops at the first that fails, and ends with a table of steps and times.</summary>
internal sealed class TutorialRunner(TerminalOutput terminal, TimeProvider clock)
{
    /// <summary>Runs a tutorial.</summary>
    /// <param name="title">What it is about.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="waitForEnter">Whether to wait for Enter before each step.</param>
    /// <param name="logs">Where to look when a step fails.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Whether all steps turned out as they should.</returns>
    public async Task<bool> RunAsync(string title, IReadOnlyList<TutorialStep> steps, bool waitForEnter, Func<string> logs, CancellationToken cancellation)
    {
        terminal.Output.WriteLine($"{title} {steps.Count} steps, about a minute.{(waitForEnter ? "" : " (--step to go one at a time)")}");
        terminal.Output.WriteLine();
        var times = new List<TimeSpan>();
        for (var i = 0; i < steps.Count; i++)
        {
            terminal.Output.WriteLine($"{TerminalOutput.Paint($"{i + 1,-2} {steps[i].Title}", "1", terminal.ColourOutput)}");
            if (waitForEnter)
            {
                terminal.Output.Write("   Enter to go on … ");
                await Console.In.ReadLineAsync(cancellation).ConfigureAwait(false);
            }
            var began = clock.GetTimestamp();
            try
            {
                var outcome = await steps[i].Run(cancellation).ConfigureAwait(false);
                times.Add(clock.GetElapsedTime(began));
                terminal.Output.WriteLine($"   {TerminalOutput.Paint("✓", "32", terminal.ColourOutput)} {outcome}  {TerminalOutput.Paint(TerminalOutput.Seconds(times[^1]), "2", terminal.ColourOutput)}");
            }
            catch (TutorialFailure failure)
            {
                terminal.Output.WriteLine($"   {TerminalOutput.Paint("✗", "31", terminal.ColourOutput)} step {i + 1} failed");
                terminal.Output.WriteLine($"     expected  {failure.Expected}");
                terminal.Output.WriteLine($"     seen      {failure.Seen.ReplaceLineEndings("\n               ")}");
                terminal.Output.WriteLine($"     logs      {logs()}");
                return false;
            }
        }
        ShowTable(steps, times);
        return true;
    }

    private void ShowTable(IReadOnlyList<TutorialStep> steps, List<TimeSpan> times)
    {
        terminal.Output.WriteLine();
        var width = steps.Max(s => s.Title.Length);
        for (var i = 0; i < steps.Count; i++) terminal.Output.WriteLine($"   {i + 1,2}  {steps[i].Title.PadRight(width)}  {TerminalOutput.Seconds(times[i]),7}");
        terminal.Output.WriteLine($"       {"".PadRight(width)}  {TerminalOutput.Seconds(times.Aggregate(TimeSpan.Zero, (sum, t) => sum + t)),7}");
    }
}
