using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Mobula.ApiServer.Pipeline;

/// <summary>Counts requests, for <c>/metrics</c>.</summary>
internal sealed class RequestMetrics
{
    private readonly ConcurrentDictionary<(string Verb, string Group, string Version, string Resource, string Subresource, int Code), long> _requests = new();
    private long _inFlight;

    public Measurement Begin(RequestInfo info)
    {
        Interlocked.Increment(ref _inFlight);
        return new(this, info);
    }

    /// <summary>The counters in Prometheus' text format.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append("# HELP apiserver_request_total Counter of apiserver requests broken out for each verb, group, version, resource, subresource and HTTP response code.\n# TYPE apiserver_request_total counter\n");
        foreach (var ((verb, group, version, resource, subresource, code), count) in _requests.OrderBy(r => r.Key.ToString(), StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"apiserver_request_total{{code=\"{code}\",group=\"{group}\",resource=\"{resource}\",subresource=\"{subresource}\",verb=\"{verb}\",version=\"{version}\"}} {count}\n");
        }
        text.Append("# HELP apiserver_current_inflight_requests Number of requests being served.\n# TYPE apiserver_current_inflight_requests gauge\n");
        text.Append(CultureInfo.InvariantCulture, $"apiserver_current_inflight_requests {Interlocked.Read(ref _inFlight)}\n");
        return text.ToString();
    }

    /// <summary>One request being measured.</summary>
    internal sealed class Measurement(RequestMetrics metrics, RequestInfo info) : IDisposable
    {
        public int Status { get; set; }

        public void Dispose()
        {
            Interlocked.Decrement(ref metrics._inFlight);
            var verb = info.Verb.ToUpperInvariant();
            var key = info.IsResource ? (verb, info.Group, info.Version, info.Resource, info.Subresource, Status) : (verb, "", "", "", "", Status);
            // A path that names nothing must not grow the table.
            if (Status == 404) key = (verb, "", "", "", "", Status);
            metrics._requests.AddOrUpdate(key, 1, (_, n) => n + 1);
        }
    }
}
