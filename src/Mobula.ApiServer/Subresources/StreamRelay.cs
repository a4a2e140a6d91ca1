namespace Mobula.ApiServer.Subresources;

/// <summary>Carries bytes from one connection to another as they come.</summary>
internal static class StreamRelay
{
    private const int BufferSize = 32 * 1024;

    /// <summary>Carries bytes one way until the source ends or one side hangs up.</summary>
    public static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellation)
    {
        var buffer = new byte[BufferSize];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
                await to.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side hung up.
        }
    }

    /// <summary>Carries bytes both ways until either way ends.</summary>
    public static Task JoinAsync(Stream one, Stream other, CancellationToken cancellation) =>
        Task.WhenAny(CopyAsync(one, other, cancellation), CopyAsync(other, one, cancellation));
}
