namespace Mobula.RayRuntime.Commands;

/// <summary>Wrong use of the command line, in click's words: shown with the usage, exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Reads a command's options in the two ways click takes them: --name value and --name=value.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _flags = new(StringComparer.Ordinal);

    /// <summary>What is no option, in order; after "--" everything.</summary>
    public List<string> Positional { get; } = [];

    /// <param name="args">The words after the command.</param>
    /// <param name="valued">Options that take a value.</param>
    /// <param name="flags">Options that take none.</param>
    /// <param name="stopAtPositional">Whether the first positional ends the options, as for a job's entrypoint.</param>
    public static Arguments Parse(IEnumerable<string> args, string[] valued, string[] flags, bool stopAtPositional = false)
    {
        var result = new Arguments();
        var rest = new Queue<string>(args);
        while (rest.TryDequeue(out var word))
        {
            if (word == "--" || !word.StartsWith('-') || word.Length == 1)
            {
                if (word != "--") result.Positional.Add(word);
                if (word == "--" || stopAtPositional)
                {
                    result.Positional.AddRange(rest);
                    break;
                }
                continue;
            }
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            if (flags.Contains(name)) result._flags.Add(name);
            else if (!valued.Contains(name)) throw new UsageException($"No such option '{name}'.");
            else if (equals >= 0) result._values[name] = word[(equals + 1)..];
            else if (rest.TryDequeue(out var value)) result._values[name] = value;
            else throw new UsageException($"Option '{name}' requires an argument.");
        }
        return result;
    }

    public bool Has(string flag) => _flags.Contains(flag);
    public string? Value(params string[] names) => names.Select(n => _values.GetValueOrDefault(n)).FirstOrDefault(v => v is not null);

    public int? Integer(string name) => Value(name) is not { } text ? null
        : int.TryParse(text, out var n) ? n : throw new UsageException($"Invalid value for '{name}': '{text}' is not a valid integer.");

    public double? Real(string name) => Value(name) is not { } text ? null
        : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n : throw new UsageException($"Invalid value for '{name}': '{text}' is not a valid float.");
}
