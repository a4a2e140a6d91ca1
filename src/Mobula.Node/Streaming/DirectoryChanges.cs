using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mobula.Node.Streaming;

/// <summary>
/// Tells when something in a folder changes. All watches share one inotify instance, of which a user has only 128: as many
/// clients as like can follow logs.
/// </summary>
internal sealed class DirectoryChanges : IDisposable
{
    // IN_MODIFY, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE
    private const uint Events = 0x2 | 0x8 | 0x40 | 0x80 | 0x100;

    private readonly SafeFileHandle _inotify;
    private readonly Lock _lock = new();
    private readonly Dictionary<int, List<FolderWatch>> _watches = [];

    /// <exception cref="IOException">The system has no inotify instance left for this user.</exception>
    public DirectoryChanges()
    {
        _inotify = Libc.OpenInotify();
        new Thread(Read) { IsBackground = true, Name = "inotify" }.Start();
    }

    /// <summary>Watches a folder until the result is disposed.</summary>
    /// <exception cref="IOException">It cannot be watched.</exception>
    public FolderWatch Watch(string folder)
    {
        lock (_lock)
        {
            var descriptor = Libc.AddInotifyWatch(_inotify, folder, Events);
            if (descriptor < 0) throw new IOException($"cannot watch {folder}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            var watch = new FolderWatch(this, descriptor);
            if (!_watches.TryGetValue(descriptor, out var sharing)) _watches[descriptor] = sharing = [];
            sharing.Add(watch);
            return watch;
        }
    }

    public void Dispose()
    {
        // The reading thread wakes up when the last watch is removed, and finds the instance closed.
        lock (_lock)
        {
            foreach (var descriptor in _watches.Keys) _ = Libc.RemoveInotifyWatch(_inotify, descriptor);
            _watches.Clear();
            _inotify.Dispose();
        }
    }

    private void Remove(FolderWatch watch)
    {
        lock (_lock)
        {
            if (!_watches.TryGetValue(watch.Descriptor, out var sharing) || !sharing.Remove(watch) || sharing.Count > 0) return;
            _watches.Remove(watch.Descriptor);
            _ = Libc.RemoveInotifyWatch(_inotify, watch.Descriptor);
        }
    }

    private void Read()
    {
        var buffer = new byte[16 << 10];
        while (true)
        {
            int length;
            try
            {
                length = RandomAccess.Read(_inotify, buffer, 0);
            }
            catch (Exception e) when (e is ObjectDisposedException or IOException)
            {
                return;
            }

            if (length <= 0) return;
            lock (_lock)
            {
                // Each event: watch, mask, cookie, length of the name, name.
                for (var at = 0; at + 16 <= length; at += 16 + (int)BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 12)))
                {
                    if (!_watches.TryGetValue(BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at)), out var sharing)) continue;
                    foreach (var watch in sharing) watch.Signal();
                }
            }
        }
    }

    /// <summary>One watcher's view of a folder.</summary>
    internal sealed class FolderWatch(DirectoryChanges owner, int descriptor) : IDisposable
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int Descriptor => descriptor;

        /// <summary>Completes at the first change after this call. Ask before looking at the folder, and no change is missed.</summary>
        public Task NextAsync(CancellationToken cancellation)
        {
            var next = Volatile.Read(ref _next);
            if (next.Task.IsCompleted)
            {
                next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                Volatile.Write(ref _next, next);
            }

            return next.Task.WaitAsync(cancellation);
        }

        public void Dispose() => owner.Remove(this);

        internal void Signal() => Volatile.Read(ref _next).TrySetResult();
    }
}
