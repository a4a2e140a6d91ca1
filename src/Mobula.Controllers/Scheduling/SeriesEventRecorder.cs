using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>
/// Writes events as the scheduler does: with <c>eventTime</c> and <c>action</c> (events.k8s.io/v1), and a series instead of
/// a count when one repeats.
/// </summary>
internal sealed class SeriesEventRecorder : IAsyncDisposable
{
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromMinutes(6);
    private static readonly GroupVersionResource Events = new("events.k8s.io", "v1", "events");
    private readonly KubernetesApi _api;
    private readonly string _component;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly Action<Exception> _onError;
    private readonly Channel<(SignificantEvent Event, string Action)> _events = Channel.CreateBounded<(SignificantEvent, string)>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Dictionary<string, Series> _series = [];
    private readonly Task _writing;

    public SeriesEventRecorder(KubernetesApi api, string component, string instance, TimeProvider time, Action<Exception> onError)
    {
        (_api, _component, _instance, _time, _onError) = (api, component, instance, time, onError);
        _writing = Task.Run(WriteAllAsync);
    }

    public void Record(SignificantEvent e, string action) => _events.Writer.TryWrite((e, action));

    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _writing.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WriteAllAsync()
    {
        await foreach (var (e, action) in _events.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await WriteAsync(e, action).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is StatusException or HttpRequestException or IOException)
            {
                _onError(failure);
            }
        }
    }

    private async Task WriteAsync(SignificantEvent e, string action)
    {
        var now = _time.GetUtcNow();
        foreach (var old in _series.Where(s => now - s.Value.Seen > RefreshAfter * 2).Select(s => s.Key).ToArray()) _series.Remove(old);
        var key = string.Join('/', e.Regarding.Text("uid"), e.Type, action, e.Reason);
        if (_series.TryGetValue(key, out var series))
        {
            series.Count++;
            series.Seen = now;
            // The first repetition is written; what follows only now and then.
            if (series.Count > 2 && now - series.Written < RefreshAfter) return;
            series.Written = now;
            var patch = new JsonObject { ["series"] = new JsonObject { ["count"] = series.Count, ["lastObservedTime"] = KubernetesTime.FormatMicro(now) } };
            await _api.PatchAsync(Events, e.Regarding.Text("namespace") ?? "default", series.Name, PatchType.Merge, patch).ConfigureAwait(false);
            return;
        }
        var ns = e.Regarding.Text("namespace") ?? "default";
        var name = $"{e.Regarding.Text("name")}.{((now.UtcTicks - DateTime.UnixEpoch.Ticks) * 100).ToString("x", CultureInfo.InvariantCulture)}";
        _series[key] = new(name, now);
        await _api.CreateAsync(Events, new()
        {
            ["apiVersion"] = "events.k8s.io/v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["eventTime"] = KubernetesTime.FormatMicro(now),
            ["reportingController"] = _component,
            ["reportingInstance"] = _instance,
            ["action"] = action,
            ["reason"] = e.Reason,
            ["regarding"] = e.Regarding.Clone(),
            ["note"] = e.Message,
            ["type"] = e.Type,
        }).ConfigureAwait(false);
    }

    private sealed class Series(string name, DateTimeOffset at)
    {
        public string Name => name;

        public int Count { get; set; } = 1;

        public DateTimeOffset Seen { get; set; } = at;

        public DateTimeOffset Written { get; set; } = at;
    }
}
