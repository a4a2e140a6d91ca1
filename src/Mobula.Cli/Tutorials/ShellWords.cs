using System.Text;

namespace Mobula.Cli.Tutorials;

/// <summary>Splits a command line into words as a shell does, with single and double quotes and backslashes; no variables.</summary>
internal static class ShellWords
{
    /// <summary>The words of a command line.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static IReadOnlyList<string> Split(string commandLine)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < commandLine.Length; i++)
        {
            var c = commandLine[i];
            switch (c)
            {
                case ' ' or '\t' or '\n':
                    if (inWord) words.Add(word.ToString());
                    word.Clear();
                    inWord = false;
                    break;
                case '\'' or '"':
                    var close = commandLine.IndexOf(c, i + 1);
                    if (close < 0) throw new FormatException($"the quote at {i} is not closed: {commandLine}");
                    word.Append(commandLine, i + 1, close - i - 1);
                    inWord = true;
                    i = close;
                    break;
                case '\\' when i + 1 < commandLine.Length:
                    word.Append(commandLine[++i]);
                    inWord = true;
                    break;
                default:
                    word.Append(c);
                    inWord = true;
                    break;
            }
        }
        if (inWord) words.Add(word.ToString());
        return words;
    }
}
