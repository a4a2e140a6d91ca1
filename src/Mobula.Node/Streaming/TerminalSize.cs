using System.Text.Json;

namespace Mobula.Node.Streaming;

/// <summary>Columns and rows of a terminal.</summary>
internal readonly record struct TerminalSize(ushort Width, ushort Height)
{
    /// <summary>Reads what a client sends on the resize channel: <c>{"Width":80,"Height":24}</c>. Null when it is something else.</summary>
    public static TerminalSize? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return new TerminalSize(document.RootElement.GetProperty("Width").GetUInt16(), document.RootElement.GetProperty("Height").GetUInt16());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    public override string ToString() => $"{{\"Width\":{Width},\"Height\":{Height}}}";
}
