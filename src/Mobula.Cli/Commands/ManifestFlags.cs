using System.CommandLine;
using Mobula.Cli.Manifests;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Commands;

/// <summary>The flags by which <c>check</c> and <c>fix</c> choose manifests and the policy.</summary>
internal sealed class ManifestFlags
{
    private readonly Option<string[]> _files = new("--filename", "-f")
    {
        Description = "files, folders (with all .yaml, .yml and .json below) or - for standard input",
        HelpName = "FILE|DIR|-",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string?> _level = new("--level") { Description = "baseline or restricted (default: the Namespace's label if it is in the input, else restricted)", HelpName = "LEVEL" };

    private readonly Option<string?> _version = new("--version") { Description = "the policy's version, latest or v1.N (default latest)", HelpName = "VERSION" };

    private readonly Option<string> _operator = new("--operator") { Description = "which operator makes the Ray pods: ours or kuberay", HelpName = "ours|kuberay", DefaultValueFactory = _ => "ours" };

    /// <summary>Makes the flags.</summary>
    public ManifestFlags()
    {
        _level.AcceptOnlyFromAmong("privileged", "baseline", "restricted");
        _operator.AcceptOnlyFromAmong("ours", "kuberay");
    }

    /// <summary>Adds the flags to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_files);
        command.Options.Add(_level);
        command.Options.Add(_version);
        command.Options.Add(_operator);
    }

    /// <summary>Reads the manifests that the flags name.</summary>
    /// <exception cref="UsageException">Nothing is named, or what is named is not there.</exception>
    public IReadOnlyList<ManifestFile> ReadFiles(ParseResult result)
    {
        var names = result.GetValue(_files);
        if (names is null or { Length: 0 }) throw new UsageException($"name manifests with -f FILE, -f DIR or -f - for standard input\nSee:  mobula {result.CommandResult.Command.Name} --help");
        return ManifestInput.Read(names, Console.In);
    }

    /// <summary>By what the manifests are judged.</summary>
    /// <exception cref="UsageException">The version is none.</exception>
    public ManifestOptions Options(ParseResult result)
    {
        var options = new ManifestOptions { RayOperator = result.GetValue(_operator) == "kuberay" ? RayOperatorKind.KubeRay : RayOperatorKind.Mobula };
        var (level, version) = (result.GetValue(_level), result.GetValue(_version));
        if (level is null && version is null) return options;
        if (!PodSecurityLevels.TryParse(level ?? "restricted", out var parsedLevel)) throw new UsageException($"--level: \"{level}\" is no level; write baseline or restricted");
        if (!PodSecurityVersion.TryParse(version ?? "latest", out var parsedVersion)) throw new UsageException($"--version: \"{version}\" is no version; write latest or v1.N");
        return options with { Policy = new LevelVersion(parsedLevel, parsedVersion) };
    }
}
