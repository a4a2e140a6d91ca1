using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Reads manifests from files, folders and standard input.</summary>
internal static class ManifestInput
{
    /// <summary>The name under which standard input is reported.</summary>
    public const string StandardInput = "<stdin>";

    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Reads what the names stand for; a folder stands for all manifests below it, in ordinal order.</summary>
    /// <exception cref="UsageException">Something is not there, or a folder holds no manifest.</exception>
    public static IReadOnlyList<ManifestFile> Read(IEnumerable<string> names, TextReader input)
    {
        var files = new List<ManifestFile>();
        foreach (var name in names)
        {
            if (name == "-")
            {
                files.Add(new(StandardInput, input.ReadToEnd()));
            }
            else if (Directory.Exists(name))
            {
                var found = Directory.EnumerateFiles(name, "*", SearchOption.AllDirectories)
                    .Where(f => Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
                    .Order(StringComparer.Ordinal).ToList();
                if (found.Count == 0) throw new UsageException($"{name} holds no .yaml, .yml or .json file");
                files.AddRange(found.Select(f => new ManifestFile(f, File.ReadAllText(f))));
            }
            else if (File.Exists(name))
            {
                files.Add(new(name, File.ReadAllText(name)));
            }
            else
            {
                throw new UsageException($"{name} is not there");
            }
        }
        return files;
    }
}
