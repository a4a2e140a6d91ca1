using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Mobula.Cli.Clusters;

namespace Mobula.Cli.Commands;

/// <summary>The flags that several verbs share, with kind's and kubectl's names.</summary>
internal static partial class ClusterOptions
{
    /// <summary><c>--name</c>: the cluster.</summary>
    public static Option<string?> Name() => new("--name") { Description = $"the cluster's name (default \"{ClusterPlan.DefaultName}\")", HelpName = "NAME" };

    /// <summary><c>--data-dir</c>: where clusters keep their things.</summary>
    public static Option<string?> DataDirectory() => new("--data-dir")
    {
        Description = $"where clusters keep their things (default ${ClusterDirectory.DataDirectoryVariable} or ~/.local/share/mobula)",
        HelpName = "DIR",
    };

    /// <summary><c>--kubeconfig</c>: the file to write to or remove from.</summary>
    public static Option<string?> Kubeconfig() => new("--kubeconfig") { Description = "the kubeconfig file (default $KUBECONFIG or ~/.kube/config)", HelpName = "FILE" };

    /// <summary><c>-o</c>: text for people, or JSON for scripts.</summary>
    public static Option<string> Output()
    {
        var option = new Option<string>("--output", "-o") { Description = "text or json", HelpName = "FORMAT", DefaultValueFactory = _ => "text" };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }

    /// <summary>A flag that takes a duration such as <c>90s</c>, <c>5m</c> or <c>1m30s</c>.</summary>
    public static Option<TimeSpan> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result =>
        {
            if (ParseDuration(result.Tokens[0].Value) is { } duration) return duration;
            result.AddError($"{name}: \"{result.Tokens[0].Value}\" is no duration; write for example 90s, 5m or 1m30s");
            return default;
        },
    };

    /// <summary>Reads a duration as Go prints them; null when it is none.</summary>
    internal static TimeSpan? ParseDuration(string text)
    {
        if (text == "0") return TimeSpan.Zero;
        var match = DurationPattern().Match(text);
        if (!match.Success || text.Length == 0) return null;
        return TimeSpan.FromHours(Part("h")) + TimeSpan.FromMinutes(Part("m")) + TimeSpan.FromSeconds(Part("s")) + TimeSpan.FromMilliseconds(Part("ms"));

        double Part(string unit) => match.Groups[unit] is { Success: true } group ? double.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"^((?<h>\d{1,6}(\.\d+)?)h)?((?<m>\d{1,6}(\.\d+)?)m(?!s))?((?<s>\d{1,9}(\.\d+)?)s)?((?<ms>\d{1,9}(\.\d+)?)ms)?$")]
    private static partial Regex DurationPattern();
}
