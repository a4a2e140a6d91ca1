using System.Globalization;

namespace Mobula.Cli.Clusters;

/// <summary>
/// What a starting server tells the command that started it, a line each: <c>step TAB title TAB detail TAB seconds</c>,
/// <c>ready</c>, or <c>failed TAB text</c> (line breaks as <c>\n</c>).
/// </summary>
/// <param name="writer">The pipe to the command; null when the server was started by hand.</param>
internal sealed class ServerProgress(TextWriter? writer)
{
    /// <summary>A step is done.</summary>
    public void Step(string title, string detail, TimeSpan took) =>
        Send(string.Create(CultureInfo.InvariantCulture, $"step\t{title}\t{detail}\t{took.TotalSeconds:0.000}"));

    /// <summary>Something is left out.</summary>
    public void Warn(string message) => Send($"warn\t{Escape(message)}");

    /// <summary>All is up.</summary>
    public void Ready() => Send("ready");

    /// <summary>The start failed for a reason that a person can mend.</summary>
    public void Failed(string message) => Send($"failed\t{Escape(message)}");

    /// <summary>Undoes <see cref="Escape"/>.</summary>
    public static string Unescape(string text) => text.Replace("\\n", "\n", StringComparison.Ordinal);

    private static string Escape(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal).Replace('\t', ' ');

    private void Send(string line)
    {
        try
        {
            writer?.WriteLine(line);
            writer?.Flush();
        }
        catch (IOException)
        {
            // The command that started the server has gone away; the server stays.
        }
    }
}
