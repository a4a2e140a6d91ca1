using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Schema;

/// <summary>An embedded file of lines <c>name TAB JSON</c>. Only the lines that are asked for are parsed.</summary>
internal sealed class FactLines
{
    private readonly byte[] _bytes;
    private readonly Dictionary<string, Range> _lines = [];

    private FactLines(byte[] bytes)
    {
        _bytes = bytes;
        for (var start = 0; start < bytes.Length;)
        {
            var rest = bytes.AsSpan(start);
            var tab = rest.IndexOf((byte)'\t');
            var end = rest.IndexOf((byte)'\n');
            var name = Encoding.ASCII.GetString(rest[..tab]);
            Names.Add(name);
            _lines.Add(name, (start + tab + 1)..(start + end));
            start += end + 1;
        }
    }

    /// <summary>The names, in the order of the file.</summary>
    public List<string> Names { get; } = [];

    public static FactLines Open(string resource)
    {
        using var stream = typeof(FactLines).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"the embedded facts {resource} are missing");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(bytes);
    }

    /// <summary>The parsed JSON of a line, or null when there is no such name.</summary>
    public JsonNode? Find(string name) => _lines.TryGetValue(name, out var line) ? JsonNode.Parse(_bytes.AsSpan(line)) : null;
}
