using System.Text;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Reads manifests from files, folders and standard input.</summary>
internal static class ManifestInput
{
    /// <summary>The name under which standard input is reported.</summary>
    public const string StandardInput = "<stdin>";

    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads what the names stand for; a folder stands for all manifests below it, in ordinal order. What is no UTF-8 is a problem of that file alone.
    /// </summary>
    /// <exception cref="UsageException">Something is not there, or a folder holds no manifest.</exception>
    public static (IReadOnlyList<ManifestFile> Files, IReadOnlyList<ManifestProblem> Problems) Read(IEnumerable<string> names, Func<Stream> input)
    {
        List<ManifestFile> files = [];
        List<ManifestProblem> problems = [];
        foreach (var name in names)
        {
            if (name == "-")
            {
                using var stream = input();
                using var memory = new MemoryStream();
                stream.CopyTo(memory);
                Add(StandardInput, memory.ToArray());
            }
            else if (Directory.Exists(name))
            {
                var found = Directory.EnumerateFiles(name, "*", SearchOption.AllDirectories)
                    .Where(f => Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
                    .Order(StringComparer.Ordinal).ToList();
                if (found.Count == 0) throw new UsageException($"{name} holds no .yaml, .yml or .json file");
                foreach (var file in found) Add(file, File.ReadAllBytes(file));
            }
            else if (File.Exists(name))
            {
                Add(name, File.ReadAllBytes(name));
            }
            else
            {
                throw new UsageException($"{name} is not there");
            }
        }
        return (files, problems);

        void Add(string name, byte[] bytes)
        {
            // The byte order mark stays in the text, so that it is there again when the text is written.
            if (System.Text.Unicode.Utf8.IsValid(bytes)) files.Add(new(name, Strict.GetString(bytes)));
            else problems.Add(new(name, PlaceOfBadByte(bytes), "the text is no UTF-8, as manifests must be"));
        }
    }

    private static SourcePosition PlaceOfBadByte(byte[] bytes)
    {
        var rest = bytes.AsSpan();
        while (Rune.DecodeFromUtf8(rest, out _, out var length) == System.Buffers.OperationStatus.Done) rest = rest[length..];
        var before = bytes.AsSpan(0, bytes.Length - rest.Length);
        var line = before[(before.LastIndexOf((byte)'\n') + 1)..];
        return new(Strict.GetCharCount(before), before.Count((byte)'\n') + 1, Strict.GetCharCount(line) + 1);
    }
}
