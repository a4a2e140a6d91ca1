using System.Collections.Concurrent;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers;

/// <summary>What all controllers share: the caches, the clock, and the API under each controller's own name.</summary>
internal sealed class ControllerContext(KubernetesApi api, ControllerHostOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, KubernetesApi> _apis = new();
    private readonly ConcurrentDictionary<string, EventRecorder> _recorders = new();

    public ControllerHostOptions Options => options;

    public TimeProvider Time => time;

    public InformerSet Informers { get; } = new(api, time, new() { OnError = e => options.Log?.Invoke($"watch: {e.Message}") });

    /// <summary>The API without a controller's name, for discovery.</summary>
    public KubernetesApi Api => api;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The API as a controller of kube-controller-manager sees it.</summary>
    public KubernetesApi ApiFor(string controller) => ApiForUser($"system:serviceaccount:kube-system:{controller}");

    /// <summary>The API as a user sees it.</summary>
    public KubernetesApi ApiForUser(string user) => _apis.GetOrAdd(user, u => options.ApiFor?.Invoke(u) ?? api);

    /// <summary>The recorder of a component, which writes as that controller, or as another where their names differ.</summary>
    public EventRecorder Recorder(string component, string? controller = null) =>
        _recorders.GetOrAdd(component, c => new(ApiFor(controller ?? c), c, time: time, onError: e => options.Log?.Invoke($"{c}: event: {e.Message}")));

    public ControlLoop Loop(string name, Func<ObjectKey, CancellationToken, Task<TimeSpan?>> reconcile) =>
        new(name, reconcile, time) { OnError = (loop, key, e) => options.Log?.Invoke($"{loop}: {key}: {(e is StatusException or HttpRequestException ? e.Message : e)}") };

    public Informer Informer(GroupVersionResource resource) => Informers.For(resource);

    public async ValueTask DisposeAsync()
    {
        foreach (var recorder in _recorders.Values) await recorder.DisposeAsync().ConfigureAwait(false);
    }
}
