using System.Globalization;
using System.Text;

namespace Mobula.PodSecurity.Manifests;

/// <summary>Two texts side by side as <c>diff -u</c> shows them.</summary>
public static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>The differences; empty when there are none.</summary>
    /// <param name="oldText">The old text.</param>
    /// <param name="newText">The new text.</param>
    /// <param name="name">The file's name, printed for both.</param>
    /// <param name="heading">Names the part of the file to which an old line (from 1) belongs, or null.</param>
    public static string Of(string oldText, string newText, string name, Func<int, string?>? heading = null)
    {
        var (a, b) = (Lines(oldText), Lines(newText));
        var script = Script(a, b);
        if (script.TrueForAll(s => s.Kind == ' ')) return "";
        var output = new StringBuilder().Append(CultureInfo.InvariantCulture, $"--- {name}\n+++ {name}\n");
        for (var i = 0; i < script.Count;)
        {
            if (script[i].Kind == ' ')
            {
                i++;
                continue;
            }
            var start = Math.Max(0, i - Context);
            var end = i;
            for (var j = i; j < script.Count && j - end <= 2 * Context; j++)
            {
                if (script[j].Kind != ' ') end = j;
            }
            var stop = Math.Min(script.Count, end + 1 + Context);
            WriteHunk(output, script, start, stop, heading, i);
            i = stop;
        }
        return output.ToString();
    }

    private static void WriteHunk(StringBuilder output, List<(char Kind, string Line, int Old, int New)> script, int start, int stop, Func<int, string?>? heading, int change)
    {
        var hunk = script[start..stop];
        var (oldCount, newCount) = (hunk.Count(s => s.Kind != '+'), hunk.Count(s => s.Kind != '-'));
        output.Append(CultureInfo.InvariantCulture, $"@@ -{hunk[0].Old},{oldCount} +{hunk[0].New},{newCount} @@");
        if (heading?.Invoke(script[change].Old) is { } title) output.Append(' ').Append(title);
        output.Append('\n');
        foreach (var (kind, line, _, _) in hunk)
        {
            output.Append(kind).Append(line);
            if (!line.EndsWith('\n')) output.Append("\n\\ No newline at end of file\n");
        }
    }

    // With their line breaks, so that a last line without one differs from the same line with one.
    private static string[] Lines(string text)
    {
        List<string> lines = [];
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at) + 1;
            if (end == 0) end = text.Length;
            lines.Add(text[at..end]);
            at = end;
        }
        return [.. lines];
    }

    // Edits are few and small, so that the common beginning and end leave little to compare.
    private static List<(char Kind, string Line, int Old, int New)> Script(string[] a, string[] b)
    {
        List<(char Kind, string Line, int Old, int New)> script = [];
        var (i, j) = (0, 0);
        while (i < a.Length || j < b.Length)
        {
            if (i < a.Length && j < b.Length && a[i] == b[j])
            {
                script.Add((' ', a[i], i + 1, j + 1));
                i++;
                j++;
                continue;
            }
            var (skipA, skipB) = NextMatch(a, b, i, j);
            for (; skipA > 0; skipA--, i++) script.Add(('-', a[i], i + 1, j + 1));
            for (; skipB > 0; skipB--, j++) script.Add(('+', b[j], i + 1, j + 1));
        }
        return script;
    }

    private static (int SkipA, int SkipB) NextMatch(string[] a, string[] b, int i, int j)
    {
        for (var distance = 1; distance <= a.Length - i + (b.Length - j); distance++)
        {
            for (var skipA = Math.Max(0, distance - (b.Length - j)); skipA <= Math.Min(distance, a.Length - i); skipA++)
            {
                if (Same(a, b, i + skipA, j + distance - skipA)) return (skipA, distance - skipA);
            }
        }
        return (a.Length - i, b.Length - j);
    }

    // Two equal lines in a row, or the end of both: one alone is often a brace or an empty line.
    private static bool Same(string[] a, string[] b, int i, int j)
    {
        for (var k = 0; k < 2; k++)
        {
            var (endA, endB) = (i + k >= a.Length, j + k >= b.Length);
            if (endA || endB) return endA && endB;
            if (a[i + k] != b[j + k]) return false;
        }
        return true;
    }
}
