using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>
/// Writes core/v1 Events about objects, in the background and in order, as Kubernetes' components do: a repeated event
/// raises the count of the first. Events are best effort: those the server refuses are dropped.
/// </summary>
public sealed class EventRecorder : IAsyncDisposable
{
    private const int AttemptsAtMost = 12;
    private readonly KubernetesApi _api;
    private readonly string _component;
    private readonly string? _host;
    private readonly TimeProvider _time;
    private readonly Action<Exception>? _onError;
    private readonly EventCorrelator _correlator;
    private readonly BackgroundQueue<SignificantEvent> _events;

    /// <summary>Makes a recorder; it writes at once.</summary>
    /// <param name="api">The server.</param>
    /// <param name="component">Who reports, for example <c>replicaset-controller</c>.</param>
    /// <param name="host">The machine, for <c>kubelet</c>; else null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onError">Told of each event that could not be written.</param>
    public EventRecorder(KubernetesApi api, string component, string? host = null, TimeProvider? time = null, Action<Exception>? onError = null)
    {
        _api = api;
        _component = component;
        _host = host;
        _time = time ?? TimeProvider.System;
        _onError = onError;
        _correlator = new(_time);
        _events = new(WriteAsync);
    }

    /// <summary>Reports a normal event.</summary>
    public void Normal(JsonObject o, string reason, string message) => Record(new(SignificantEvent.Reference(o), "Normal", reason, message));

    /// <summary>Reports something that went wrong.</summary>
    public void Warning(JsonObject o, string reason, string message) => Record(new(SignificantEvent.Reference(o), "Warning", reason, message));

    /// <summary>Reports an event. It never blocks: when a thousand wait already, the event is dropped.</summary>
    public void Record(SignificantEvent e) => _events.Add(e);

    /// <summary>Writes what waits, for 5 seconds at most, and stops.</summary>
    public ValueTask DisposeAsync() => _events.DisposeAsync();

    private Task WriteAsync(SignificantEvent e, CancellationToken cancellation) =>
        _correlator.Correlate(e) is { } correlated ? WriteAsync(e, correlated, cancellation) : Task.CompletedTask;

    private async Task WriteAsync(SignificantEvent e, EventCorrelator.Correlated correlated, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (correlated.Count > 1 && await RaiseAsync(e, correlated, cancellation).ConfigureAwait(false)) return;
                await _api.CreateAsync(Resources.Events, Build(e, correlated), cancellation).ConfigureAwait(false);
                return;
            }
            catch (StatusException refused) when (refused.Code is not (429 or >= 500))
            {
                if (!refused.IsAlreadyExists) _onError?.Invoke(refused);
                return;
            }
            catch (Exception failed) when (failed is HttpRequestException or IOException or StatusException)
            {
                if (attempt >= AttemptsAtMost)
                {
                    _onError?.Invoke(failed);
                    return;
                }
                await Task.Delay(TimeSpan.FromSeconds(10 * Random.Shared.NextDouble()), _time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> RaiseAsync(SignificantEvent e, EventCorrelator.Correlated correlated, CancellationToken cancellation)
    {
        var patch = new JsonObject
        {
            ["count"] = correlated.Count,
            ["lastTimestamp"] = KubernetesTime.Format(correlated.Last),
            ["message"] = correlated.Message,
        };
        try
        {
            await _api.PatchAsync(Resources.Events, Namespace(e), correlated.Name, PatchType.StrategicMerge, patch, cancellation: cancellation).ConfigureAwait(false);
            return true;
        }
        catch (StatusException gone) when (gone.IsNotFound)
        {
            // The first one was deleted, by age or by hand: it is written anew with its count.
            return false;
        }
    }

    private JsonObject Build(SignificantEvent e, EventCorrelator.Correlated correlated)
    {
        var source = new JsonObject { ["component"] = _component };
        if (_host is not null) source["host"] = _host;
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = correlated.Name, ["namespace"] = Namespace(e) },
            ["involvedObject"] = e.Regarding.Clone(),
            ["reason"] = e.Reason,
            ["message"] = correlated.Message,
            ["source"] = source,
            ["firstTimestamp"] = KubernetesTime.Format(correlated.First),
            ["lastTimestamp"] = KubernetesTime.Format(correlated.Last),
            ["count"] = correlated.Count,
            ["type"] = e.Type,
            ["eventTime"] = null,
            ["reportingComponent"] = _component,
            ["reportingInstance"] = _host ?? "",
        };
    }

    private static string Namespace(SignificantEvent e) => e.Regarding.Text("namespace") ?? "default";
}
