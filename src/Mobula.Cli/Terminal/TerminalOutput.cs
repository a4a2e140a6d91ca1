using System.Globalization;

namespace Mobula.Cli.Terminal;

/// <summary>Standard output for results, standard error for progress and problems; colour only where a person looks.</summary>
internal sealed class TerminalOutput(TextWriter output, TextWriter error, bool colourOutput, bool colourError)
{
    /// <summary>The process's own streams; <c>NO_COLOR</c> and redirection switch colour off.</summary>
    public static TerminalOutput ForProcess()
    {
        var allowed = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return new(Console.Out, Console.Error, allowed && !Console.IsOutputRedirected, allowed && !Console.IsErrorRedirected);
    }

    /// <summary>Results.</summary>
    public TextWriter Output => output;

    /// <summary>Progress and problems.</summary>
    public TextWriter Error => error;

    /// <summary>Whether <see cref="Error"/> is a terminal that shows colour.</summary>
    public bool ColourError => colourError;

    /// <summary>Whether <see cref="Output"/> is a terminal that shows colour.</summary>
    public bool ColourOutput => colourOutput;

    /// <summary>One finished step: a mark, what, a detail, and its time if one is given.</summary>
    public void Step(string title, string detail, TimeSpan? took = null)
    {
        var time = took is { } t ? "  " + Seconds(t) : "";
        error.WriteLine($" {Paint("✓", "32", colourError)} {title,-22} {detail}{Paint(time, "2", colourError)}");
    }

    /// <summary>A warning, on standard error.</summary>
    public void Warn(string message) => error.WriteLine($"{Paint("warning:", "33", colourError)} {message}");

    /// <summary>A problem in the words <c>mobula: …</c>, on standard error.</summary>
    public void Problem(string message) => error.WriteLine($"{Paint("mobula:", "31", colourError)} {message}");

    /// <summary>Wraps a text in an ANSI style, if colour is on.</summary>
    /// <param name="text">The text.</param>
    /// <param name="style">The SGR parameter, for example <c>32</c> for green.</param>
    /// <param name="on">Whether colour is on.</param>
    public static string Paint(string text, string style, bool on) => on && text.Length > 0 ? $"\e[{style}m{text}\e[0m" : text;

    /// <summary>A duration as steps show it: <c>0.4s</c>.</summary>
    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0}s");
}
