using Mobula.Cli.Terminal;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Guidance;

namespace Mobula.Cli.Explanations;

/// <summary>Shows a control's guide on a terminal.</summary>
internal static class ControlExplanation
{
    private const int Width = 100;

    /// <summary>Writes one guide.</summary>
    public static void Write(TextWriter output, ControlGuide guide, bool colour)
    {
        output.WriteLine($"{TerminalOutput.Paint(guide.CheckId, "1", colour)}  {guide.Control} · {guide.Level.Word} since {guide.Since}");
        output.WriteLine();
        Wrap(output, guide.Meaning, "");
        if (guide.Write is not null)
        {
            output.WriteLine();
            output.WriteLine(guide.CanBeFixed ? "Write (mobula fix does it for you):" : "Write:");
            foreach (var line in guide.Write.Split('\n')) output.WriteLine($"    {TerminalOutput.Paint(line, "32", colour)}");
        }
        if (guide.Choices.Count > 0)
        {
            output.WriteLine();
            output.WriteLine(guide.Write is null ? "Choose:" : "Or, and beside it:");
            foreach (var choice in guide.Choices) Wrap(output, choice, "  - ");
        }
        output.WriteLine();
        output.WriteLine("Fields:");
        foreach (var field in guide.Fields) output.WriteLine($"    {field}");
        output.WriteLine();
        output.WriteLine("By version:");
        foreach (var (since, what) in guide.History) Wrap(output, what, $"  {since,-6} ");
    }

    /// <summary>Writes a line for every control.</summary>
    public static void WriteList(TextWriter output, bool colour)
    {
        foreach (var level in ControlGuide.All.GroupBy(g => g.Level))
        {
            output.WriteLine(TerminalOutput.Paint(level.Key.Word, "1", colour));
            foreach (var guide in level) output.WriteLine($"  {guide.CheckId,-28} {guide.Control,-30} since {guide.Since}");
        }
        output.WriteLine("More about one:  mobula explain runAsNonRoot");
    }

    private static void Wrap(TextWriter output, string text, string lead)
    {
        var line = lead;
        var indent = new string(' ', lead.Length);
        foreach (var word in text.Split(' '))
        {
            if (line.Length + word.Length > Width && line.Trim().Length > 0 && line != lead)
            {
                output.WriteLine(line.TrimEnd());
                line = indent;
            }
            line += word + " ";
        }
        output.WriteLine(line.TrimEnd());
    }
}
