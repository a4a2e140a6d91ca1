using System.Globalization;

namespace Mobula.RayOperator.Hosting;

/// <summary>Reads the operator's command line: KubeRay's flags in Go's syntax (<c>-x</c> or <c>--x</c>, value after <c>=</c> or as next word).</summary>
public static class OperatorFlags
{
    private static readonly Dictionary<string, Func<RayOperatorOptions, string, RayOperatorOptions>> Known = new()
    {
        ["metrics-addr"] = (o, v) => o with { MetricsAddress = Address(v) },
        ["health-probe-bind-address"] = (o, v) => o with { HealthProbeAddress = Address(v) },
        ["enable-leader-election"] = (o, v) => o with { EnableLeaderElection = Boolean(v) },
        ["leader-election"] = (o, v) => o with { EnableLeaderElection = Boolean(v) },
        ["leader-election-namespace"] = (o, v) => o with { LeaderElectionNamespace = v.Length == 0 ? null : v },
        ["reconcile-concurrency"] = (o, v) => o with { ReconcileConcurrency = Positive(v) },
        ["watch-namespace"] = (o, v) => o with { WatchNamespaces = v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) },
        ["use-kubernetes-proxy"] = (o, v) => o with { UseKubernetesProxy = Boolean(v) },
        ["feature-gates"] = (o, v) => o with { FeatureGates = FeatureGates.Parse(v) },
        ["enable-metrics"] = (o, v) => o with { EnableMetrics = Boolean(v) },
        ["pod-security-defaults"] = (o, v) => o with { PodSecurityDefaults = Boolean(v) },
    };

    private static readonly HashSet<string> Booleans =
        ["enable-leader-election", "leader-election", "use-kubernetes-proxy", "enable-metrics", "pod-security-defaults", "forced-cluster-upgrade", "enable-batch-scheduler", "zap-devel"];

    /// <summary>Flags of KubeRay that mean nothing here; they are taken and passed over, so that its command lines work.</summary>
    private static readonly HashSet<string> PassedOver =
    [
        "forced-cluster-upgrade", "log-file-path", "log-file-encoder", "log-stdout-encoder", "qps", "burst", "zap-devel", "zap-encoder", "zap-log-level",
        "zap-stacktrace-level", "zap-time-encoding", "enable-batch-scheduler", "batch-scheduler", "kubeconfig", "config",
    ];

    /// <summary>The names of the flags, for completion and help.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The options a command line asks for.</summary>
    /// <param name="arguments">The words after the verb.</param>
    /// <param name="ignored">Told of each flag of KubeRay that has no effect here.</param>
    /// <exception cref="FormatException">A flag is unknown or its value is none; the message says which and how to mend it.</exception>
    public static RayOperatorOptions Parse(IReadOnlyList<string> arguments, Action<string>? ignored = null)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var options = new RayOperatorOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var word = arguments[i];
            if (!word.StartsWith('-') || word.TrimStart('-').Length == 0) throw new FormatException($"unexpected argument \"{word}\"; the operator takes flags only");
            var (name, value) = (word.TrimStart('-'), (string?)null);
            if (name.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals) (name, value) = (name[..equals], name[(equals + 1)..]);
            var known = Known.GetValueOrDefault(name);
            if (known is null && !PassedOver.Contains(name)) throw new FormatException($"unknown flag --{name}. Flags: {string.Join(", ", Names.Select(n => $"--{n}"))}");
            value ??= Booleans.Contains(name) ? "true" : ++i < arguments.Count ? arguments[i] : throw new FormatException($"--{name} needs a value");
            if (known is null)
            {
                ignored?.Invoke($"--{name} has no effect");
                continue;
            }
            try
            {
                options = known(options, value);
            }
            catch (FormatException e)
            {
                throw new FormatException($"--{name}: {e.Message}");
            }
        }
        return options;
    }

    private static bool Boolean(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new FormatException($"\"{text}\" is no boolean; write true or false"),
    };

    private static int Positive(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw new FormatException($"\"{text}\" is no positive number");

    private static string Address(string text)
    {
        if (text is not ("" or "0")) StatusEndpoints.Parse(text);
        return text;
    }
}
