using System.Collections.Concurrent;

namespace Mobula.Node.Probes;

internal enum ProbeKind
{
    Startup,
    Liveness,
    Readiness,
}

/// <summary>What the probes of a pod found, by container instance and kind of probe. Absent means that none has an outcome yet.</summary>
internal sealed class ProbeResults
{
    private readonly ConcurrentDictionary<(string InstanceId, ProbeKind Kind), bool> _results = [];

    /// <summary>True for success, false for failure, null for not known yet.</summary>
    public bool? Get(string instanceId, ProbeKind kind) => _results.TryGetValue((instanceId, kind), out var result) ? result : null;

    /// <summary>Stores an outcome; true when it differs from the one before.</summary>
    public bool Set(string instanceId, ProbeKind kind, bool success)
    {
        var before = Get(instanceId, kind);
        _results[(instanceId, kind)] = success;
        return before != success;
    }
}
