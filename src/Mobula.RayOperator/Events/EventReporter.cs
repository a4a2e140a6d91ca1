using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Events;

/// <summary>
/// Writes events of <c>events.k8s.io/v1</c> in the background, as KubeRay does: with an action, and with a series where the
/// same thing happens to the same object again. Events are best effort.
/// </summary>
internal sealed class EventReporter : IAsyncDisposable
{
    // In bytes, as the API server counts.
    private const int LongestNote = 1024;
    private static readonly GroupVersionResource Resource = new("events.k8s.io", "v1", "events");
    private static readonly TimeSpan SeriesLifetime = TimeSpan.FromMinutes(6);
    private readonly KubernetesApi _api;
    private readonly string _controller;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly Action<string>? _log;
    private readonly Dictionary<string, Series> _series = [];
    private readonly BackgroundQueue<JsonObject> _waiting;

    private sealed record Series(string Namespace, string Name, long At)
    {
        public int Count { get; set; } = 1;
    }

    /// <param name="api">The server.</param>
    /// <param name="controller">Who reports, for example <c>raycluster-controller</c>.</param>
    /// <param name="instance">Which of its instances.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told of events that could not be written.</param>
    public EventReporter(KubernetesApi api, string controller, string instance, TimeProvider time, Action<string>? log = null)
    {
        (_api, _controller, _instance, _time, _log) = (api, controller, $"{controller}-{instance}", time, log);
        _waiting = new(WriteAsync);
    }

    /// <summary>The note as long as an event may hold it.</summary>
    internal static string Shorten(string note)
    {
        if (Encoding.UTF8.GetByteCount(note) <= LongestNote) return note;
        const string Ellipsis = "…";
        var end = Math.Min(note.Length, LongestNote);
        while (Encoding.UTF8.GetByteCount(note.AsSpan(0, end)) > LongestNote - Encoding.UTF8.GetByteCount(Ellipsis)) end--;
        if (char.IsHighSurrogate(note[end - 1])) end--;
        return note[..end] + Ellipsis;
    }

    /// <summary>Reports what happened to an object; it never blocks.</summary>
    public void Report(JsonObject regarding, string type, string reason, string action, string note)
    {
        var now = _time.GetUtcNow();
        note = Shorten(note);
        var ns = regarding.Namespace ?? "default";
        _waiting.Add(new JsonObject
        {
            ["apiVersion"] = "events.k8s.io/v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{regarding.Name}.{(now - DateTimeOffset.UnixEpoch).Ticks * 100 + Random.Shared.Next(100):x}",
                ["namespace"] = ns,
            },
            ["eventTime"] = KubernetesTime.FormatMicro(now),
            ["reportingController"] = _controller,
            ["reportingInstance"] = _instance,
            ["action"] = action,
            ["reason"] = reason,
            ["regarding"] = new JsonObject
            {
                ["kind"] = regarding.Kind,
                ["namespace"] = ns,
                ["name"] = regarding.Name,
                ["uid"] = regarding.Uid,
                ["apiVersion"] = regarding.ApiVersion,
                ["resourceVersion"] = regarding.ResourceVersion,
            },
            ["note"] = note,
            ["type"] = type,
        });
    }

    /// <summary>Writes what waits, for 5 seconds at most, and stops.</summary>
    public ValueTask DisposeAsync() => _waiting.DisposeAsync();

    private async Task WriteAsync(JsonObject e, CancellationToken cancellation)
    {
        var key = string.Join('|', e.Text("type"), e.Text("action"), e.Text("reason"), e.Object("regarding")!.ToJsonString());
        try
        {
            foreach (var old in _series.Where(s => _time.GetElapsedTime(s.Value.At) > SeriesLifetime).Select(s => s.Key).ToArray()) _series.Remove(old);
            if (_series.TryGetValue(key, out var series))
            {
                series.Count++;
                var patch = new JsonObject
                {
                    ["series"] = new JsonObject { ["count"] = series.Count, ["lastObservedTime"] = e.Text("eventTime") },
                };
                await _api.PatchAsync(Resource, series.Namespace, series.Name, PatchType.Merge, patch, cancellation: cancellation).ConfigureAwait(false);
                return;
            }
            await _api.CreateAsync(Resource, e, cancellation).ConfigureAwait(false);
            _series[key] = new(e.Namespace!, e.Name, _time.GetTimestamp());
        }
        catch (Exception error) when (error is StatusException or HttpRequestException or IOException)
        {
            _series.Remove(key);
            _log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"event {e.Text("reason")} about {e.Text("regarding", "name")} was not written: {error.Message}"));
        }
    }
}
