using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>
/// Keeps a mirror in the API for each pod of the node's folder of static pods. What a mirror looks like with its defaults is what
/// the node runs; a mirror that is deleted comes back, and its pod runs on meanwhile.
/// </summary>
/// <param name="services">What all workers share.</param>
/// <param name="mirrors">The pods bound to this node.</param>
/// <param name="find">The worker of a uid.</param>
/// <param name="nodeUid">The uid of the Node object.</param>
internal sealed class StaticPods(PodServices services, Informer mirrors, Func<string, PodWorker?> find, Func<string?> nodeUid) : IAsyncDisposable
{
    /// <summary>The folder is read this often even if nothing was heard of a change.</summary>
    private static readonly TimeSpan Reread = TimeSpan.FromSeconds(20);

    /// <summary>While something ends, or could not be done.</summary>
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(1);

    private readonly StaticPodFolder _folder = new(services.Node.StaticPodDirectory, services.Node.NodeName, text => services.Logger.LogWarning("static pod: {Problem}", text));
    private readonly Dictionary<string, (JsonObject Mirror, bool Removed)> _pods = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private FileSystemWatcher? _watcher;
    private Task _running = Task.CompletedTask;

    /// <summary>Reads the folder for the first time; from then on <see cref="Has"/> tells.</summary>
    public void Load()
    {
        Directory.CreateDirectory(services.Node.StaticPodDirectory);
        Read();
    }

    /// <summary>Starts to follow the folder.</summary>
    public void Start()
    {
        _watcher = new FileSystemWatcher(services.Node.StaticPodDirectory) { EnableRaisingEvents = true };
        _watcher.Changed += (_, _) => Wake();
        _watcher.Created += (_, _) => Wake();
        _watcher.Deleted += (_, _) => Wake();
        _watcher.Renamed += (_, _) => Wake();
        _running = Task.Run(RunAsync);
    }

    /// <summary>Whether a static pod of that uid is to run, or is being stopped.</summary>
    public bool Has(string hash)
    {
        lock (_lock) return _pods.ContainsKey(hash);
    }

    /// <summary>A mirror changed.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    public async ValueTask DisposeAsync()
    {
        _watcher?.Dispose();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var wait = Reread;
            try
            {
                Read();
                if (!await SettleAsync().ConfigureAwait(false)) wait = Busy;
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or IOException or UnauthorizedAccessException)
            {
                services.Logger.LogWarning("static pods: {Error}", e.Message);
                wait = Busy;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A mistake of the agent's own must not end static pods.
                services.Logger.LogError(e, "static pods");
            }
            using var timer = services.Time.CreateTimer(_ => Wake(), null, wait, Timeout.InfiniteTimeSpan);
            await _wake.WaitAsync(_stopping.Token).ConfigureAwait(false);
        }
    }

    private void Read()
    {
        var found = _folder.Read().ToDictionary(p => p.Hash);
        lock (_lock)
        {
            foreach (var (hash, pod) in _pods.ToList())
                if (!found.ContainsKey(hash)) _pods[hash] = pod with { Removed = true };
            foreach (var (hash, pod) in found)
            {
                if (_pods.TryGetValue(hash, out var known) && !known.Removed) continue;
                // A file that comes back while its pod is being stopped starts when that has ended.
                if (known.Removed) continue;
                _pods[hash] = (MirrorPod.Of(pod.Manifest, hash, services.Node.NodeName, nodeUid(), services.Time.GetUtcNow()), false);
            }
        }
    }

    /// <summary>Makes the API and the workers fit the folder.</summary>
    /// <returns>False while there is something to wait for.</returns>
    private async Task<bool> SettleAsync()
    {
        KeyValuePair<string, (JsonObject Mirror, bool Removed)>[] pods;
        lock (_lock) pods = [.. _pods];
        var present = mirrors.Cache.List().Where(p => MirrorPod.HashOf(p) is not null).ToList();
        var settled = true;
        foreach (var (hash, (mirror, removed)) in pods)
        {
            if (!removed)
            {
                settled &= await EnsureAsync(hash, mirror, present).ConfigureAwait(false);
            }
            else if (find(hash) is { } worker)
            {
                settled = false;
                // The worker tells the end and deletes the mirror; then nothing of it has to stay.
                worker.SetFileRemoved();
                if (worker.HasEnded && present.All(p => MirrorPod.HashOf(p) != hash)) worker.SetGone();
            }
            else
            {
                lock (_lock) _pods.Remove(hash);
            }
        }
        foreach (var stray in present.Where(p => pods.All(k => k.Key != MirrorPod.HashOf(p)))) await DeleteAsync(stray).ConfigureAwait(false);
        return settled;
    }

    private async Task<bool> EnsureAsync(string hash, JsonObject mirror, List<JsonObject> present)
    {
        if (present.Any(p => MirrorPod.HashOf(p) == hash && !p.IsTerminating)) return true;
        try
        {
            await services.Api.CreateAsync(Mobula.Client.Resources.Pods, mirror, _stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (StatusException e) when (e.IsAlreadyExists)
        {
            // The mirror of the file as it was before, whose pod is being stopped.
            return false;
        }
        catch (StatusException e) when (e.Code is >= 400 and < 500)
        {
            services.Logger.LogWarning("static pod {Namespace}/{Name}: {Error}", mirror.Namespace, mirror.Name, e.Message);
            return true;
        }
    }

    private async Task DeleteAsync(JsonObject mirror)
    {
        try
        {
            var options = new JsonObject { ["gracePeriodSeconds"] = 0, ["preconditions"] = new JsonObject { ["uid"] = mirror.Uid } };
            await services.Api.DeleteAsync(Mobula.Client.Resources.Pods, mirror.Namespace, mirror.Name, options, _stopping.Token).ConfigureAwait(false);
        }
        catch (StatusException e) when (e.IsNotFound || e.IsConflict)
        {
            // It is gone already.
        }
    }
}
