using System.Buffers;
using Mobula.ApiServer.Pipeline;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>Reads the body of a request, up to the limit. Nothing is held while a slow client sends.</summary>
internal static class RequestBody
{
    /// <exception cref="StatusException">413.</exception>
    public static async ValueTask<byte[]> ReadAsync(ApiRequest request, int limit)
    {
        if (request.Http.Request.ContentLength > limit) throw ApiErrors.BodyTooLarge(limit);
        var reader = request.Http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(request.Aborted).ConfigureAwait(false);
            if (read.Buffer.Length > limit)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw ApiErrors.BodyTooLarge(limit);
            }
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
