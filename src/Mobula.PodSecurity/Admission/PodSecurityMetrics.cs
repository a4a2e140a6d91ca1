using System.Collections.Concurrent;

namespace Mobula.PodSecurity.Admission;

/// <summary>One step of a counter of the metrics <c>pod_security_*</c>.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="Labels">Its labels as they are printed, in braces, sorted by name.</param>
public readonly record struct PodSecurityCount(string Metric, string Labels);

/// <summary>The counters of the admission, as a scrape prints them.</summary>
public sealed class PodSecurityMetrics
{
    internal const string Evaluations = "pod_security_evaluations_total";
    internal const string Exemptions = "pod_security_exemptions_total";
    internal const string Errors = "pod_security_errors_total";

    private static readonly (string Name, string Help)[] Metrics =
    [
        (Errors, "Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation."),
        (Evaluations, "Number of policy evaluations that occurred, not counting ignored or exempt requests."),
        (Exemptions, "Number of exempt requests, not counting ignored or out of scope requests."),
    ];

    private readonly ConcurrentDictionary<PodSecurityCount, long> _counts = new();

    /// <summary>Makes the counters; those that are printed before anything happened are zero.</summary>
    public PodSecurityMetrics()
    {
        foreach (var operation in new[] { "create", "update" })
        {
            _counts[Evaluation(true, new(PodSecurityLevel.Privileged, PodSecurityVersion.Latest), "enforce", operation, "pod", "", 0)] = 0;
            foreach (var resource in new[] { "pod", "controller" }) _counts[Exemption(operation, resource, "")] = 0;
        }
    }

    /// <summary>Counts what a decision counts.</summary>
    public void Record(PodSecurityDecision decision)
    {
        foreach (var count in decision.Counts) _counts.AddOrUpdate(count, 1, static (_, n) => n + 1);
    }

    /// <summary>Writes all counters in the text format of Prometheus.</summary>
    public void WriteTo(TextWriter output)
    {
        foreach (var (name, help) in Metrics)
        {
            var series = _counts.Where(c => c.Key.Metric == name).OrderBy(c => c.Key.Labels, StringComparer.Ordinal).ToList();
            if (series.Count == 0) continue;
            output.Write($"# HELP {name} [ALPHA] {help}\n# TYPE {name} counter\n");
            foreach (var (count, value) in series) output.Write($"{name}{count.Labels} {value}\n");
        }
    }

    internal static PodSecurityCount Evaluation(
        bool allowed, LevelVersion policy, string mode, string operation, string resource, string subresource, int serverMinor)
    {
        var version = policy.Level == PodSecurityLevel.Privileged || policy.Version.IsLatest ? "latest"
            : policy.Version.Minor > serverMinor ? "future"
            : policy.Version.ToString();
        return new(Evaluations,
            $"{{decision=\"{(allowed ? "allow" : "deny")}\",mode=\"{mode}\",policy_level=\"{policy.Level.Word}\",policy_version=\"{version}\"," +
            $"request_operation=\"{operation}\",resource=\"{resource}\",subresource=\"{subresource}\"}}");
    }

    internal static PodSecurityCount Exemption(string operation, string resource, string subresource) =>
        new(Exemptions, $"{{request_operation=\"{operation}\",resource=\"{resource}\",subresource=\"{subresource}\"}}");

    internal static PodSecurityCount Error(bool fatal, string operation, string resource, string subresource) =>
        new(Errors, $"{{fatal=\"{(fatal ? "true" : "false")}\",request_operation=\"{operation}\",resource=\"{resource}\",subresource=\"{subresource}\"}}");
}
