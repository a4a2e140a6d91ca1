using System.CommandLine;
using Mobula.Cli.Manifests;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Commands;

/// <summary>The flags by which <c>check</c> and <c>fix</c> choose manifests and the policy.</summary>
internal sealed class ManifestFlags
{
    private readonly PolicyFlags _policy = new("the Namespace's labels if it is in the input, else restricted");

    private readonly Option<string[]> _files = new("--filename", "-f")
    {
        Description = "files, folders (with all .yaml, .yml and .json below) or - for standard input",
        HelpName = "FILE|DIR|-",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>Adds the flags to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_files);
        _policy.AddTo(command);
    }

    /// <summary>Whether files are named.</summary>
    public bool NamesFiles(ParseResult result) => result.GetValue(_files) is { Length: > 0 };

    /// <summary>Reads the manifests that the flags name.</summary>
    /// <exception cref="UsageException">Nothing is named, or what is named is not there.</exception>
    public (IReadOnlyList<ManifestFile> Files, IReadOnlyList<ManifestProblem> Problems) ReadFiles(ParseResult result)
    {
        if (!NamesFiles(result)) throw new UsageException($"name manifests with -f FILE, -f DIR or -f - for standard input\nSee:  mobula {result.CommandResult.Command.Name} --help");
        return ManifestInput.Read(result.GetValue(_files)!, Console.OpenStandardInput);
    }

    /// <summary>By what the manifests are judged.</summary>
    /// <exception cref="UsageException">A flag or the configuration file says what there is not.</exception>
    public ManifestOptions Options(ParseResult result) => _policy.Options(result);
}
