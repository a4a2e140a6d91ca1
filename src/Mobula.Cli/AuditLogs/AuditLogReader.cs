using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Cli.AuditLogs;

/// <summary>Reads the lines of an audit log, and goes on as it grows.</summary>
internal static class AuditLogReader
{
    /// <summary>The events of a log with the lines they were read from. A last line without its end is left for later.</summary>
    /// <param name="file">The log; one that does not exist is empty.</param>
    /// <param name="follow">Whether to wait for more.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async IAsyncEnumerable<(JsonObject Event, string Line)> ReadAsync(string file, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (follow && !File.Exists(file)) await Task.Delay(200, cancellation).ConfigureAwait(false);
        if (!File.Exists(file)) yield break;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var pending = new StringBuilder();
        var buffer = new char[16 * 1024];
        while (true)
        {
            var read = await reader.ReadAsync(buffer, cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                if (!follow) yield break;
                await Task.Delay(200, cancellation).ConfigureAwait(false);
                continue;
            }
            var text = buffer.AsMemory(0, read);
            for (var end = text.Span.IndexOf('\n'); end >= 0; end = text.Span.IndexOf('\n'))
            {
                pending.Append(text[..end]);
                text = text[(end + 1)..];
                var line = pending.ToString();
                pending.Clear();
                if (Parse(line) is { } e) yield return (e, line);
            }
            pending.Append(text);
        }
    }

    /// <summary>A line of the legacy format, or one that is damaged, is no event.</summary>
    private static JsonObject? Parse(string line)
    {
        if (!line.StartsWith('{')) return null;
        try
        {
            return JsonNode.Parse(line) as JsonObject is { } e && e.Kind == "Event" ? e : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
