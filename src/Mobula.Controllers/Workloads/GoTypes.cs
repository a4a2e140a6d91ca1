using System.Collections.Frozen;

namespace Mobula.Controllers.Workloads;

/// <summary>A field of a Go structure.</summary>
/// <param name="GoName">Its name in Go.</param>
/// <param name="JsonName">Its name in JSON; empty when the JSON has its fields in place.</param>
/// <param name="Type">Its Go type, for example <c>[]v1.Container</c> or <c>*int64</c>.</param>
internal readonly record struct GoField(string GoName, string JsonName, string Type);

/// <summary>The Go structures that a pod template is made of; see <c>pod-template-types.txt</c>.</summary>
internal static class GoTypes
{
    private static readonly Lazy<FrozenDictionary<string, GoField[]>> Structures = new(Load);

    /// <summary>The fields of a structure in order of declaration; null when the type is none.</summary>
    public static GoField[]? Fields(string type) => Structures.Value.GetValueOrDefault(type);

    private static FrozenDictionary<string, GoField[]> Load()
    {
        using var stream = typeof(GoTypes).Assembly.GetManifestResourceStream("pod-template-types.txt")!;
        using var reader = new StreamReader(stream);
        var structures = new Dictionary<string, GoField[]>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var words = line.Split(' ');
            structures.Add(words[0], [.. words.Skip(1).Select(Field)]);
        }
        return structures.ToFrozenDictionary();
    }

    private static GoField Field(string word)
    {
        var parts = word.Split(':');
        return new(parts[0], parts[1], parts[2]);
    }
}
