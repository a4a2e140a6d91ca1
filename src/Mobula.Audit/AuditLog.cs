using System.Buffers;
using System.Collections.Concurrent;

namespace Mobula.Audit;

/// <summary>
/// The audit log. <see cref="Write"/> puts an event into memory and returns; one writer appends whatever has come in the
/// meantime in one go. Disposing writes all that is left, so that a clean stop loses nothing.
/// </summary>
public sealed class AuditLog : IAsyncDisposable
{
    private const int MostBytesInOneGo = 1 << 20;

    private readonly AuditLogFile _file;
    private readonly BlockingCollection<byte[]> _events;
    private readonly bool _dropsWhenFull;
    private readonly bool _isLegacy;
    private readonly int _mostBytesOfEvent;
    private readonly Action<string>? _warn;
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _writtenCount;
    private long _lost;

    private AuditLog(AuditLogFile file, AuditLogOptions options, Action<string>? warn)
    {
        _file = file;
        _warn = warn;
        _dropsWhenFull = options.Mode == "batch";
        _isLegacy = options.Format == "legacy";
        _mostBytesOfEvent = options.TruncateEnabled ? options.TruncateMaxEventSize : int.MaxValue;
        _events = new(Math.Max(1, options.BufferSize));
        // A thread of its own: requests that wait for room may hold all those of the pool.
        new Thread(WriteAll) { IsBackground = true, Name = "audit log" }.Start();
    }

    /// <summary>Events written so far.</summary>
    public long Written => Interlocked.Read(ref _writtenCount);

    /// <summary>Events lost so far: dropped by a full buffer in mode <c>batch</c>, or not taken by the disk.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Opens the log; the file is made if it is not there, readable by its owner only.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="warn">Takes what goes wrong while writing, in words.</param>
    /// <param name="time">Names rotated files and tells their age.</param>
    /// <exception cref="ArgumentException">The options are not accepted; the message is kube-apiserver's.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be opened.</exception>
    public static AuditLog Open(AuditLogOptions options, Action<string>? warn = null, TimeProvider? time = null)
    {
        if (options.Problem() is { } problem) throw new ArgumentException(problem, nameof(options));
        return new(AuditLogFile.Open(options, time ?? TimeProvider.System, warn), options, warn);
    }

    /// <summary>
    /// Takes an event. It waits only when the buffer is full, which means that the disk is slower than the requests; in mode
    /// <c>batch</c> the event is then dropped and counted instead.
    /// </summary>
    public void Write(AuditEvent auditEvent)
    {
        var json = Json(auditEvent);
        if (json.Length > _mostBytesOfEvent)
        {
            auditEvent = WithoutBodies(auditEvent);
            json = auditEvent.Level >= AuditLevel.Request ? Json(auditEvent) : json;
            if (json.Length > _mostBytesOfEvent)
            {
                Lose(1, "event is too large even after truncating", "truncate");
                return;
            }
        }
        Enqueue(_isLegacy ? System.Text.Encoding.UTF8.GetBytes($"{AuditLegacyLine.Of(auditEvent)}\n") : json);
    }

    private static byte[] Json(AuditEvent auditEvent)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        auditEvent.WriteTo(buffer);
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static AuditEvent WithoutBodies(AuditEvent auditEvent) => auditEvent with
    {
        RequestObject = null,
        ResponseObject = null,
        Annotations = new Dictionary<string, string>(auditEvent.Annotations ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty)
        {
            ["audit.k8s.io/truncated"] = "true",
        },
    };

    private void Enqueue(byte[] line)
    {
        try
        {
            if (!_dropsWhenFull) _events.Add(line);
            else if (!_events.TryAdd(line)) Lose(1, "audit buffer queue blocked", "buffered");
        }
        catch (InvalidOperationException)
        {
            Lose(1, "audit backend shut down", "buffered");
        }
    }

    /// <summary>Writes what is left and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _events.CompleteAdding();
        await _written.Task.ConfigureAwait(false);
        _file.Dispose();
    }

    private void WriteAll()
    {
        List<byte[]> batch = [];
        while (_events.TryTake(out var line, Timeout.Infinite))
        {
            var size = 0;
            do
            {
                batch.Add(line);
                size += line.Length;
            }
            while (size < MostBytesInOneGo && _events.TryTake(out line));
            try
            {
                _file.Append(batch);
                Interlocked.Add(ref _writtenCount, batch.Count);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Lose(batch.Count, e.Message);
            }
            batch.Clear();
        }
        _written.SetResult();
    }

    private void Lose(int events, string why, string plugin = "log")
    {
        Interlocked.Add(ref _lost, events);
        _warn?.Invoke($"Error in audit plugin '{plugin}' affecting {events} audit events: {why}");
    }
}
