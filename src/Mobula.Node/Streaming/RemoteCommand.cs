namespace Mobula.Node.Streaming;

/// <summary>Connects a client's session with a command in a container until the command has ended or the client has gone.</summary>
internal static class RemoteCommand
{
    private const uint SigHup = 1;

    /// <summary>How long output may be silent after the command's end: a child that lives on may hold the pipe open for ever.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(ContainerExec exec, RemoteCommandSession session, bool tty, TimeProvider time)
    {
        var activity = new Activity(time);
        var resizing = ResizeAsync(exec, session);
        var typing = TypeAsync(exec, session);
        var outputs = Task.WhenAll(CopyAsync(exec.Stdout, session.Stdout, activity), CopyAsync(exec.Stderr, session.Stderr, activity));

        var ended = EndedAsync(exec, outputs, activity, time);
        var gone = Task.Delay(Timeout.InfiniteTimeSpan, session.Gone);
        if (await Task.WhenAny(ended, gone).ConfigureAwait(false) == ended)
        {
            await session.FinishAsync(RemoteCommandStatus.Exited(await ended.ConfigureAwait(false))).ConfigureAwait(false);
        }
        else
        {
            // As when a terminal is closed. A command without one goes on, its output unseen, until it ends.
            if (tty) await exec.SignalAsync(SigHup).ConfigureAwait(false);
            await exec.EndStdinAsync().ConfigureAwait(false);
            await ended.ConfigureAwait(false);
        }

        await Task.WhenAll(resizing, typing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<int> EndedAsync(ContainerExec exec, Task outputs, Activity activity, TimeProvider time)
    {
        var exitCode = await exec.ExitCode.ConfigureAwait(false);
        activity.Touch();
        while (!outputs.IsCompleted && activity.SilentFor() < Silence)
            await Task.WhenAny(outputs, Task.Delay(TimeSpan.FromMilliseconds(100), time)).ConfigureAwait(false);
        return exitCode;
    }

    private static async Task TypeAsync(ContainerExec exec, RemoteCommandSession session)
    {
        if (session.Stdin is not { } source || exec.Stdin is not { } target) return;
        try
        {
            await source.CopyToAsync(target, session.Gone).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The command does not read any more, or the client has gone.
        }

        await exec.EndStdinAsync().ConfigureAwait(false);
    }

    private static async Task ResizeAsync(ContainerExec exec, RemoteCommandSession session)
    {
        await foreach (var size in session.Resizes.ReadAllAsync(session.Gone).ConfigureAwait(false)) await exec.ResizeAsync(size).ConfigureAwait(false);
    }

    /// <summary>Copies until the source ends. A client that went away, or never wanted the output, does not stop the command.</summary>
    private static async Task CopyAsync(Stream source, Stream? target, Activity activity)
    {
        var buffer = new byte[32 << 10];
        while (true)
        {
            int read;
            try
            {
                read = await source.ReadAsync(buffer).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                return;
            }

            if (read == 0) return;
            activity.Touch();
            if (target is null) continue;
            try
            {
                await target.WriteAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                target = null;
            }

            activity.Touch();
        }
    }

    /// <summary>When output last moved.</summary>
    private sealed class Activity(TimeProvider time)
    {
        private long _last = time.GetTimestamp();

        public void Touch() => Volatile.Write(ref _last, time.GetTimestamp());

        public TimeSpan SilentFor() => time.GetElapsedTime(Volatile.Read(ref _last));
    }
}
