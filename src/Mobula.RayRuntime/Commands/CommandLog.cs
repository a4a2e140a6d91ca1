using System.Globalization;

namespace Mobula.RayRuntime.Commands;

/// <summary>The lines of Ray's command line: time, level and place before the text.</summary>
internal sealed class CommandLog(TimeProvider clock, string file)
{
    public void Info(string text = "") => Write(Console.Out, "INFO", file, text);
    public void Success(string text) => Write(Console.Out, "SUCC", file, text);
    public void Warn(string text) => Write(Console.Out, "WARN", file, text);
    public void Error(string text) => Write(Console.Out, "ERR", file, text);
    public void Panic(string text) => Write(Console.Error, "PANIC", file, text);
    public void Other(string from, string level, string text, bool toError = false) => Write(toError ? Console.Error : Console.Out, level, from, text);

    private void Write(TextWriter to, string level, string from, string text)
    {
        // Ray shows no empty lines where its output is no terminal.
        if (text.Length == 0) return;
        var time = clock.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss,fff", CultureInfo.InvariantCulture);
        to.WriteLine($"{time}\t{level} {from} -- {text}");
    }

    /// <summary>A text between two rules of its length.</summary>
    public void Banner(string text, bool success = true)
    {
        var rule = new string('-', text.Length);
        foreach (var line in new[] { rule, text, rule }) Write(Console.Out, success ? "SUCC" : "ERR", file, line);
    }
}
