using System.Globalization;

namespace Mobula.Client;

/// <summary>
/// Decides what becomes of an event, as Kubernetes' components do: a repeated one raises a count, many that differ only
/// in their message become one, and an object that causes a flood is muted (25 at once, then one in 5 minutes).
/// </summary>
internal sealed class EventCorrelator(TimeProvider time)
{
    private const int CacheSize = 4096;
    private const int SimilarAtMost = 10;
    private const double Burst = 25;
    private static readonly TimeSpan SimilarWithin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(300);

    private readonly RecentlyUsed<string, Bucket> _buckets = new(CacheSize);
    private readonly RecentlyUsed<string, Group> _groups = new(CacheSize);
    private readonly RecentlyUsed<string, Seen> _seen = new(CacheSize);

    /// <summary>The event to write; null when it is to be dropped.</summary>
    public Correlated? Correlate(SignificantEvent e)
    {
        var now = time.GetUtcNow();
        var group = _groups.Get(e.GroupKey);
        if (group is null || now - group.Last > SimilarWithin) group = new();
        group.Last = now;
        group.Messages.Add(e.Message);
        _groups.Set(e.GroupKey, group);
        var message = e.Message;
        var key = $"{e.GroupKey}/{message}";
        if (group.Messages.Count >= SimilarAtMost)
        {
            // The oldest message makes room, whichever it is: the set only counts.
            if (group.Messages.Count > SimilarAtMost) group.Messages.Remove(group.Messages.First());
            message = "(combined from similar events): " + message;
            key = e.GroupKey;
        }
        var seen = _seen.Get(key);
        if (seen is null)
        {
            seen = new(Name(e, now), now);
            _seen.Set(key, seen);
        }
        seen.Count++;
        var bucket = _buckets.Get(e.SpamKey) ?? new(Burst, now);
        bucket.Tokens = Math.Min(Burst, bucket.Tokens + ((now - bucket.At) / Refill));
        bucket.At = now;
        _buckets.Set(e.SpamKey, bucket);
        if (bucket.Tokens < 1) return null;
        bucket.Tokens--;
        return new(seen.Name, message, seen.First, now, seen.Count);
    }

    private static string Name(SignificantEvent e, DateTimeOffset now)
    {
        var nanoseconds = (now.UtcTicks - DateTime.UnixEpoch.Ticks) * 100;
        return $"{e.Regarding["name"]}.{nanoseconds.ToString("x", CultureInfo.InvariantCulture)}";
    }

    /// <summary>An event as it is to be written.</summary>
    internal sealed record Correlated(string Name, string Message, DateTimeOffset First, DateTimeOffset Last, int Count);

    private sealed class Seen(string name, DateTimeOffset first)
    {
        public string Name => name;

        public DateTimeOffset First => first;

        public int Count { get; set; }
    }

    private sealed class Group
    {
        public DateTimeOffset Last { get; set; }

        public HashSet<string> Messages { get; } = [];
    }

    private sealed class Bucket(double tokens, DateTimeOffset at)
    {
        public double Tokens { get; set; } = tokens;

        public DateTimeOffset At { get; set; } = at;
    }
}
