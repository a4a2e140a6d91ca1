using System.Collections.Concurrent;
using System.Globalization;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Webhook.Exemptions;

namespace Mobula.PodSecurity.Webhook.Metrics;

/// <summary>What <c>/metrics</c> shows: Kubernetes' own <c>pod_security_*</c>, and how the webhook itself does.</summary>
internal sealed class WebhookMetrics
{
    private static readonly string[] Outcomes = ["allowed", "denied", "failed"];

    private readonly Dictionary<string, DurationHistogram> _durations = Outcomes.ToDictionary(o => o, _ => new DurationHistogram());
    private readonly ConcurrentDictionary<int, long> _answers = new();
    private long _inFlight;

    public PodSecurityMetrics PodSecurity { get; } = new();

    /// <summary>The end of the serving certificate, once there is one.</summary>
    public DateTimeOffset? CertificateEnd { get; set; }

    public long InFlight => Interlocked.Read(ref _inFlight);

    public void Begin() => Interlocked.Increment(ref _inFlight);

    /// <param name="statusCode">The HTTP status of the answer; 0 where the connection was cut.</param>
    /// <param name="allowed">What was decided; null where nothing was.</param>
    /// <param name="duration">From the request's head to its answer.</param>
    public void End(int statusCode, bool? allowed, TimeSpan duration)
    {
        Interlocked.Decrement(ref _inFlight);
        _durations[allowed switch { true => "allowed", false => "denied", null => "failed" }].Observe(duration);
        _answers.AddOrUpdate(statusCode, 1, static (_, n) => n + 1);
    }

    public void WriteTo(TextWriter output, ExemptionSet exemptions, DateTimeOffset now)
    {
        PodSecurity.WriteTo(output);
        output.Write("# HELP mobula_webhook_request_duration_seconds Time to answer an AdmissionReview.\n# TYPE mobula_webhook_request_duration_seconds histogram\n");
        foreach (var outcome in Outcomes) _durations[outcome].WriteTo(output, "mobula_webhook_request_duration_seconds", $"outcome=\"{outcome}\"");
        output.Write("# HELP mobula_webhook_requests_total Requests for reviews by HTTP status; 0: the client was gone or too slow.\n# TYPE mobula_webhook_requests_total counter\n");
        foreach (var (code, count) in _answers.OrderBy(a => a.Key)) output.Write($"mobula_webhook_requests_total{{code=\"{code}\"}} {count}\n");
        Gauge("mobula_webhook_requests_in_flight", "Reviews being answered.", InFlight.ToString(CultureInfo.InvariantCulture));
        if (CertificateEnd is { } end)
        {
            Gauge("mobula_webhook_certificate_expiration_timestamp_seconds", "When the serving certificate ends.", end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        }
        var entries = exemptions.All.ToList();
        output.Write("# HELP mobula_webhook_workload_exemptions Exemptions of workloads by state.\n# TYPE mobula_webhook_workload_exemptions gauge\n");
        output.Write($"mobula_webhook_workload_exemptions{{state=\"active\"}} {entries.Count(e => !e.IsExpired(now))}\n");
        output.Write($"mobula_webhook_workload_exemptions{{state=\"expired\"}} {entries.Count(e => e.IsExpired(now))}\n");
        output.Write($"mobula_webhook_workload_exemptions{{state=\"invalid\"}} {exemptions.Invalid.Count}\n");

        void Gauge(string name, string help, string value) => output.Write($"# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
}
