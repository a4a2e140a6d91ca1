using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Mobula.PodSecurity.Webhook.Reviews;

/// <summary>A request's body in a borrowed buffer.</summary>
internal readonly struct ReviewBody(byte[] buffer, int length) : IDisposable
{
    private const int FirstSize = 32 * 1024;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="ReviewException">It is too large, or ends too early.</exception>
    /// <exception cref="OperationCanceledException">It does not come in time.</exception>
    public static async ValueTask<ReviewBody> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.ContentLength >= ReviewEndpoint.MaxBodyBytes) throw ReviewException.TooLarge();
        var buffer = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength + 1 ?? FirstSize));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await request.Body.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
                if (read == 0) break;
                length += read;
                if (length >= ReviewEndpoint.MaxBodyBytes) throw ReviewException.TooLarge();
                if (length < buffer.Length) continue;
                var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, ReviewEndpoint.MaxBodyBytes));
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (e is BadHttpRequestException bad)
            {
                throw bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? ReviewException.TooLarge()
                    : new ReviewException(bad.StatusCode, "unable to read the body from the incoming request");
            }
            if (e is IOException) throw new ReviewException(400, "unable to read the body from the incoming request");
            throw;
        }
        return new(buffer, length);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
