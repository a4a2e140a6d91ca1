using System.Collections.Frozen;

namespace Mobula.RayOperator.Hashing;

/// <summary>A field of a type, as the hash writes it.</summary>
/// <param name="Name">The JSON name.</param>
/// <param name="Always">Written even when it is not set.</param>
/// <param name="Type">The type; see <c>spec-fields.txt</c>.</param>
internal readonly record struct SpecField(string Name, bool Always, string Type);

/// <summary>The types reachable from a RayCluster's spec with their fields in Go's order of declaration.</summary>
internal static class SpecFields
{
    private static readonly Lazy<FrozenDictionary<string, SpecField[]>> Types = new(Load);

    public static SpecField[] Of(string type) => Types.Value[type];

    private static FrozenDictionary<string, SpecField[]> Load()
    {
        using var stream = typeof(SpecFields).Assembly.GetManifestResourceStream("spec-fields.txt")!;
        using var reader = new StreamReader(stream);
        var types = new Dictionary<string, SpecField[]>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            types.Add(words[0], [.. words.Skip(1).Select(Field)]);
        }
        return types.ToFrozenDictionary();
    }

    private static SpecField Field(string word)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        var name = word[..colon];
        return new(name.TrimEnd('!', '+'), name[^1] is '!' or '+', word[(colon + 1)..]);
    }
}
