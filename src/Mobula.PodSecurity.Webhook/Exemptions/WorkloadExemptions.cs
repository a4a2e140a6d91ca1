using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Webhook.Reviews;

namespace Mobula.PodSecurity.Webhook.Exemptions;

/// <summary>What an exemption changes of a decision. Pure.</summary>
internal static class WorkloadExemptions
{
    private const string Metric = "pod_security_exemptions_total";

    /// <summary>The decision for a workload for which an entry stands; the standards' decision is made only where the entry has expired.</summary>
    public static PodSecurityDecision Decide(WorkloadExemption exemption, ReviewRequest request, DateTimeOffset now, Func<PodSecurityDecision> decide)
    {
        if (!exemption.IsExpired(now))
        {
            return new()
            {
                Warnings = exemption.EndsSoon(now) ? [$"{Of(exemption)} ends {On(exemption)} (owner {exemption.Owner}): make the workload comply before"] : [],
                AuditAnnotations = new ReadOnlyDictionary<string, string>(new SortedDictionary<string, string>(StringComparer.Ordinal)
                {
                    ["exempt"] = "workload",
                    ["exemption"] = $"{exemption.Id} of {exemption.Workload}, owner {exemption.Owner}, reason {exemption.Reason}, expires {exemption.ExpiresText}",
                }),
                Counts = [Exempted(request)],
            };
        }
        var decision = decide();
        // Who complies by now need not hear of an entry that nobody uses.
        if (decision.IsAllowed && decision.Warnings.Count == 0) return decision;
        return decision with { Warnings = [.. decision.Warnings, $"{Of(exemption)} expired {On(exemption)} (owner {exemption.Owner}): it exempts no more"] };
    }

    /// <summary>What is told to who writes a ConfigMap of exemptions.</summary>
    public static PodSecurityDecision Advise(JsonObject configMap, DateTimeOffset now)
    {
        var (exemptions, invalid) = ExemptionReader.Read(configMap);
        List<string> warnings = [.. invalid.Select(i => i.ToString())];
        warnings.AddRange(exemptions.Where(e => e.IsExpired(now)).Select(e => $"exemption {e.Id} expired {On(e)}: it exempts nothing"));
        return warnings.Count == 0 ? PodSecurityDecision.Allow : new() { Warnings = warnings };
    }

    private static string Of(WorkloadExemption exemption) => $"the Pod Security exemption {exemption.Id} of {exemption.Workload}";

    private static string On(WorkloadExemption exemption) =>
        exemption.ExpiresText.Contains('T', StringComparison.Ordinal) ? $"at {exemption.Expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}" : $"on {exemption.ExpiresText}";

    private static PodSecurityCount Exempted(ReviewRequest request)
    {
        var resource = request.Resource == "pods" ? "pod" : "controller";
        var operation = request.Operation == "CREATE" ? "create" : "update";
        return new(Metric, $"{{request_operation=\"{operation}\",resource=\"{resource}\",subresource=\"{request.Subresource}\"}}");
    }
}
