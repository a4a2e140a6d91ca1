using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>
/// Lets one of several candidates lead, by a Lease. The leader's work is cancelled when the Lease cannot be renewed in
/// time; the elector then runs for it again. When it stops it gives the Lease back, so that the next one need not wait.
/// </summary>
public sealed class LeaderElector(KubernetesApi api, LeaderElectorOptions options, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private string? _observed;
    private long _observedAt;
    private JsonObject? _lease;

    /// <summary>Whether this candidate leads now.</summary>
    public bool IsLeader { get; private set; }

    /// <summary>The identity of the leader as last seen, or null.</summary>
    public string? Leader => _lease?.Text("spec", "holderIdentity") is { Length: > 0 } holder ? holder : null;

    /// <summary>Runs for the Lease until cancelled, and does the work whenever it leads.</summary>
    /// <param name="lead">The work; its token ends when the lead is lost. When it returns or throws by itself, the elector ends likewise.</param>
    /// <param name="cancellation">Ends the candidacy.</param>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (!await TryAcquireAsync(cancellation).ConfigureAwait(false))
            {
                // Candidates that started together must not ask together for ever.
                if (!await DelayAsync(options.RetryPeriod * (1 + Random.Shared.NextDouble()), cancellation).ConfigureAwait(false)) return;
                continue;
            }
            IsLeader = true;
            using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var work = Task.Run(() => lead(leading.Token), CancellationToken.None);
            bool lost;
            try
            {
                lost = await RenewAsync(work, cancellation).ConfigureAwait(false);
            }
            finally
            {
                IsLeader = false;
                await leading.CancelAsync().ConfigureAwait(false);
            }
            try
            {
                await work.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (leading.IsCancellationRequested)
            {
            }
            finally
            {
                if (!lost) await ReleaseAsync().ConfigureAwait(false);
            }
            if (!lost) return;
        }
    }

    private async Task<bool> RenewAsync(Task work, CancellationToken cancellation)
    {
        var renewed = _time.GetTimestamp();
        while (!cancellation.IsCancellationRequested && !work.IsCompleted)
        {
            var left = options.RenewDeadline - _time.GetElapsedTime(renewed);
            if (left <= TimeSpan.Zero) return true;
            var delay = DelayAsync(options.RetryPeriod < left ? options.RetryPeriod : left, cancellation);
            await Task.WhenAny(delay, work).ConfigureAwait(false);
            if (cancellation.IsCancellationRequested || work.IsCompleted) return false;
            left = options.RenewDeadline - _time.GetElapsedTime(renewed);
            if (left <= TimeSpan.Zero) return true;
            using var deadline = new CancellationTokenSource(left, _time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
            if (await TryAcquireAsync(linked.Token).ConfigureAwait(false)) renewed = _time.GetTimestamp();
            else if (Leader is { } other && other != options.Identity) return true;
        }
        return false;
    }

    private async Task<bool> TryAcquireAsync(CancellationToken cancellation)
    {
        try
        {
            var lease = await api.FindAsync(Resources.Leases, options.Namespace, options.Name, cancellation).ConfigureAwait(false);
            if (lease is null)
            {
                lease = new JsonObject
                {
                    ["apiVersion"] = "coordination.k8s.io/v1",
                    ["kind"] = "Lease",
                    ["metadata"] = new JsonObject { ["name"] = options.Name, ["namespace"] = options.Namespace },
                    ["spec"] = Spec(null),
                };
                Observe(await api.CreateAsync(Resources.Leases, lease, cancellation).ConfigureAwait(false));
                return true;
            }
            Observe(lease);
            var holder = lease.Text("spec", "holderIdentity");
            var mine = holder == options.Identity;
            if (!mine && !string.IsNullOrEmpty(holder) && _time.GetElapsedTime(_observedAt) < Duration(lease)) return false;
            var update = lease.Clone();
            update["spec"] = Spec(lease);
            Observe(await api.UpdateAsync(Resources.Leases, update, cancellation: cancellation).ConfigureAwait(false));
            return true;
        }
        catch (StatusException e) when (e.IsConflict || e.IsAlreadyExists)
        {
            return false;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            if (e is not OperationCanceledException) options.OnError?.Invoke(e);
            return false;
        }
    }

    /// <summary>Remembers when the Lease last changed by this machine's clock: the clocks of others are not to be trusted.</summary>
    private void Observe(JsonObject lease)
    {
        var spec = lease.Object("spec")?.ToJsonString();
        if (spec != _observed || _lease is null)
        {
            _observed = spec;
            _observedAt = _time.GetTimestamp();
        }
        _lease = lease;
    }

    private TimeSpan Duration(JsonObject lease) =>
        lease.Integer("spec", "leaseDurationSeconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : options.LeaseDuration;

    private JsonObject Spec(JsonObject? lease)
    {
        var now = KubernetesTime.FormatMicro(_time.GetUtcNow());
        var spec = lease?.Object("spec")?.Clone() ?? [];
        if (spec.Text("holderIdentity") != options.Identity)
        {
            if (lease is not null) spec["leaseTransitions"] = (spec.Integer("leaseTransitions") ?? 0) + 1;
            else spec["leaseTransitions"] = 0;
            spec["acquireTime"] = now;
        }
        spec["holderIdentity"] = options.Identity;
        spec["leaseDurationSeconds"] = (int)options.LeaseDuration.TotalSeconds;
        spec["renewTime"] = now;
        return spec;
    }

    private async Task ReleaseAsync()
    {
        if (_lease is null || Leader != options.Identity) return;
        var lease = _lease.Clone();
        var now = KubernetesTime.FormatMicro(_time.GetUtcNow());
        lease["spec"] = new JsonObject
        {
            ["holderIdentity"] = "",
            ["leaseDurationSeconds"] = 1,
            ["acquireTime"] = now,
            ["renewTime"] = now,
            ["leaseTransitions"] = lease.Integer("spec", "leaseTransitions") ?? 0,
        };
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);
            Observe(await api.UpdateAsync(Resources.Leases, lease, cancellation: limit.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            options.OnError?.Invoke(e);
        }
    }

    private async Task<bool> DelayAsync(TimeSpan delay, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(delay, _time, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
