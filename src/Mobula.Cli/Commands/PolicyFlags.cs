using System.CommandLine;
using Mobula.Cli.Manifests;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Commands;

/// <summary>The flags by which pods are judged: policy, operator, templates of other resources. What they leave open, <c>.mobula.yaml</c> says.</summary>
internal sealed class PolicyFlags
{
    private readonly Option<string?> _level;
    private readonly Option<string?> _version = new("--version") { Description = "the policy's version, latest or v1.N (default latest)", HelpName = "VERSION" };
    private readonly Option<string?> _operator = new("--operator") { Description = "which operator makes the Ray pods: ours (default) or kuberay", HelpName = "ours|kuberay" };

    private readonly Option<string[]> _templates = new("--pod-template")
    {
        Description = "where another custom resource holds its pod template, for example argoproj.io/Rollout=spec.template ([*] for list elements; repeatable)",
        HelpName = "GROUP/KIND=PATH",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string?> _configuration = new("--config") { Description = $"settings for these flags (default {CheckConfiguration.DefaultFile}, if it is there)", HelpName = "FILE" };

    /// <summary>Makes the flags.</summary>
    /// <param name="defaultLevel">What is judged by when no level is given, in words.</param>
    public PolicyFlags(string defaultLevel)
    {
        _level = new("--level") { Description = $"baseline or restricted (default: {defaultLevel})", HelpName = "LEVEL" };
        _level.AcceptOnlyFromAmong("privileged", "baseline", "restricted");
        _operator.AcceptOnlyFromAmong("ours", "kuberay");
    }

    /// <summary>Adds the flags to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _level, _version, _operator, _templates, _configuration }) command.Options.Add(option);
    }

    /// <summary>By what pods are judged.</summary>
    /// <exception cref="UsageException">A flag or the configuration file says what there is not.</exception>
    public ManifestOptions Options(ParseResult result)
    {
        var configuration = CheckConfiguration.Load(result.GetValue(_configuration));
        foreach (var template in result.GetValue(_templates) ?? [])
        {
            try
            {
                configuration.PodTemplates.Add(template);
            }
            catch (FormatException e)
            {
                throw new UsageException($"--pod-template: {e.Message}");
            }
        }
        var options = new ManifestOptions
        {
            RayOperator = (result.GetValue(_operator) ?? configuration.Operator ?? "ours") switch
            {
                "ours" => RayOperatorKind.Mobula,
                "kuberay" => RayOperatorKind.KubeRay,
                var other => throw new UsageException($"operator: there is no \"{other}\"; write ours or kuberay"),
            },
            OtherTemplates = configuration.PodTemplates,
        };
        var (level, version) = (result.GetValue(_level) ?? configuration.Level, result.GetValue(_version) ?? configuration.Version);
        if (level is null && version is null) return options;
        if (!PodSecurityLevels.TryParse(level ?? "restricted", out var parsedLevel)) throw new UsageException($"level: \"{level}\" is no level; write baseline or restricted");
        if (!PodSecurityVersion.TryParse(version ?? "latest", out var parsedVersion)) throw new UsageException($"version: \"{version}\" is no version; write latest or v1.N");
        return options with { Policy = new LevelVersion(parsedLevel, parsedVersion) };
    }
}
