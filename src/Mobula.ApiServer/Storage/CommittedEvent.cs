namespace Mobula.ApiServer.Storage;

/// <summary>One committed change, shared by all who watch the collection.</summary>
/// <param name="revision">The revision of the change.</param>
/// <param name="previous">The object before; null when it was created.</param>
/// <param name="current">The object after; for a deletion its last state, at the revision of the deletion.</param>
/// <param name="deleted">Whether the object is gone.</param>
internal sealed class CommittedEvent(long revision, StoredObject? previous, StoredObject current, bool deleted)
{
    private readonly byte[]?[] _lines = new byte[]?[3];

    public long Revision { get; } = revision;

    public StoredObject? Previous { get; } = previous;

    public StoredObject Current { get; } = current;

    public bool IsDeletion { get; } = deleted;

    /// <summary>What the event holds in memory, in bytes.</summary>
    public int Size => Current.Utf8.Length + 200;

    /// <summary>The line of a JSON watch stream for the stored version; made once for all watchers.</summary>
    /// <param name="type">What the change means to the watcher: an object that stops to match a selector is deleted for it.</param>
    public byte[] Line(WatchEventType type) => _lines[(int)type] ??= WatchLine.Make(type, Current.Utf8);
}

internal enum WatchEventType
{
    Added,
    Modified,
    Deleted,
}

internal static class WatchLine
{
    private static readonly byte[][] Heads =
        [.. new[] { "ADDED", "MODIFIED", "DELETED" }.Select(t => System.Text.Encoding.UTF8.GetBytes($"{{\"type\":\"{t}\",\"object\":"))];

    public static byte[] Make(WatchEventType type, ReadOnlySpan<byte> utf8)
    {
        var head = Heads[(int)type];
        var line = new byte[head.Length + utf8.Length + 2];
        head.CopyTo(line.AsSpan());
        utf8.CopyTo(line.AsSpan(head.Length));
        line[^2] = (byte)'}';
        line[^1] = (byte)'\n';
        return line;
    }
}
