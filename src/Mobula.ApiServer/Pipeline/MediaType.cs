using System.Globalization;

namespace Mobula.ApiServer.Pipeline;

/// <summary>One clause of an Accept or Content-Type header.</summary>
internal sealed record MediaType(string Type, string Subtype, IReadOnlyDictionary<string, string> Parameters, double Quality)
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";

    public string Name => $"{Type}/{Subtype}";

    public bool Matches(string name) => Type == "*" || (name.StartsWith($"{Type}/", StringComparison.Ordinal) && (Subtype == "*" || Name == name));

    /// <summary>The clauses of an Accept header, best first; those of the same quality in their order, more specific ones first.</summary>
    public static IReadOnlyList<MediaType> ParseAccept(string header) =>
        [.. Split(header).Select(Parse).OfType<MediaType>()
            .OrderByDescending(m => m.Quality).ThenBy(m => m.Type == "*").ThenBy(m => m.Subtype == "*")];

    public static MediaType? Parse(string clause)
    {
        var parts = clause.Split(';');
        var name = parts[0].Trim().ToLowerInvariant();
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0) return name == "*" ? new("*", "*", new Dictionary<string, string>(), 1) : null;
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        var quality = 1.0;
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) continue;
            var key = part[..equals].Trim().ToLowerInvariant();
            var value = part[(equals + 1)..].Trim().Trim('"');
            if (key != "q") parameters[key] = value;
            else if (double.TryParse(value, CultureInfo.InvariantCulture, out var q)) quality = q;
        }
        return new(name[..slash], name[(slash + 1)..], parameters, quality);
    }

    private static IEnumerable<string> Split(string header) => header.Split(',').Select(c => c.Trim()).Where(c => c.Length > 0);
}
