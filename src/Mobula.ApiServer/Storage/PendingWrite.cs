using System.Text;

namespace Mobula.ApiServer.Storage;

/// <summary>A change asked for, not yet committed.</summary>
/// <param name="Key">The object.</param>
/// <param name="ExpectedRevision">The revision the object must have; 0 when it must not exist.</param>
/// <param name="Utf8">The object after the change, with <see cref="RevisionPlaceholder"/> as its resourceVersion; for a deletion its last state.</param>
/// <param name="IsDeletion">Whether the object goes.</param>
internal sealed record PendingWrite(ObjectKey Key, long ExpectedRevision, byte[] Utf8, bool IsDeletion)
{
    /// <summary>
    /// Stands for the resourceVersion, which only the commit knows. Objects are written with <c>metadata</c> first and
    /// the resourceVersion first in it, so that nothing a user wrote can come before it.
    /// </summary>
    public const string RevisionPlaceholder = "@revision";

    private static readonly byte[] Member = Encoding.UTF8.GetBytes($"\"resourceVersion\":\"{RevisionPlaceholder}\"");

    public TaskCompletionSource<StoredObject> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The bytes to commit at a revision.</summary>
    public byte[] At(long revision)
    {
        var at = Utf8.AsSpan().IndexOf(Member);
        if (at < 0) throw new InvalidOperationException($"{Key}: the object has no place for its resourceVersion");
        var member = Encoding.UTF8.GetBytes($"\"resourceVersion\":\"{revision}\"");
        var bytes = new byte[Utf8.Length - Member.Length + member.Length];
        Utf8.AsSpan(0, at).CopyTo(bytes);
        member.CopyTo(bytes, at);
        Utf8.AsSpan(at + Member.Length).CopyTo(bytes.AsSpan(at + member.Length));
        return bytes;
    }
}

/// <summary>The object had another revision than the write expected, or was (or was not) there.</summary>
internal sealed class WriteConflictException(ObjectKey key, StoredObject? current) : Exception($"{key} changed in the meantime")
{
    public StoredObject? Current { get; } = current;
}

/// <summary>The write could not be made durable (disk full, input/output error); nothing changed.</summary>
internal sealed class StorageUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
