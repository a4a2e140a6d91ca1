using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Mobula.PodSecurity.Webhook.Metrics;

namespace Mobula.PodSecurity.Webhook.Reviews;

/// <summary>Answers AdmissionReviews over HTTP. Whatever comes is answered or cut; nothing a client sends ends the process.</summary>
internal sealed class ReviewEndpoint(ReviewDecider decider, WebhookMetrics metrics, WebhookOptions options, TimeProvider time)
{
    /// <summary>The size from which on a body is refused: etcd holds no object of half that size, and an update carries two.</summary>
    public const int MaxBodyBytes = 3 * 1024 * 1024;

    private static readonly TimeSpan LongestReview = TimeSpan.FromSeconds(30);

    public async Task AnswerAsync(HttpContext http)
    {
        var started = time.GetTimestamp();
        var (status, allowed) = (0, (bool?)null);
        metrics.Begin();
        try
        {
            (status, allowed) = await AnswerReviewAsync(http).ConfigureAwait(false);
        }
        catch (ReviewException e)
        {
            status = e.StatusCode;
            await AnswerTextAsync(http, e.StatusCode, e.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client is gone or too slow: nobody reads an answer.
            http.Abort();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            status = 500;
            options.Log?.Invoke($"a review failed: {e}");
            await AnswerTextAsync(http, 500, "internal server error").ConfigureAwait(false);
        }
        finally
        {
            metrics.End(status, allowed, time.GetElapsedTime(started));
        }
    }

    private async Task<(int Status, bool? Allowed)> AnswerReviewAsync(HttpContext http)
    {
        var timeout = Timeout(http.Request.Query["timeout"]);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        limit.CancelAfter(timeout < options.BodyTimeout ? timeout : options.BodyTimeout);
        using var body = await ReviewBody.ReadAsync(http.Request, limit.Token).ConfigureAwait(false);
        if (body.Bytes.Length == 0) throw new ReviewException(400, "request body is empty");
        if (http.Request.ContentType != "application/json") throw new ReviewException(400, "unable to process a request with a non-json content type");
        var request = ReviewRequest.Read(body.Bytes);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(timeout);
        var decision = await decider.DecideAsync(request, timeout, patience.Token).ConfigureAwait(false);
        metrics.PodSecurity.Record(decision);
        if (!decision.IsAllowed) options.Log?.Invoke($"denied {request.Operation} {request.Namespace}/{request.Resource}/{request.Name} of {request.UserName}: {decision.Status?["message"]}");

        var answer = new ArrayBufferWriter<byte>(512);
        ReviewAnswer.Write(answer, request.Uid, decision);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = answer.WrittenCount;
        await http.Response.Body.WriteAsync(answer.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
        return (200, decision.IsAllowed);
    }

    private static async Task AnswerTextAsync(HttpContext http, int status, string text)
    {
        if (http.Response.HasStarted) return;
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        // A body that was not read to its end must not become the next request.
        http.Response.Headers.Connection = HttpProtocol.IsHttp11(http.Request.Protocol) ? "close" : default;
        try
        {
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"), http.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            http.Abort();
        }
    }

    /// <summary>What the API server says it waits, for example <c>10s</c>; what is no duration is passed over.</summary>
    internal static TimeSpan Timeout(string? text)
    {
        if (string.IsNullOrEmpty(text)) return LongestReview;
        var total = 0d;
        var at = 0;
        while (at < text.Length)
        {
            var digits = at;
            while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
            var unit = digits;
            while (unit < text.Length && char.IsAsciiLetter(text[unit])) unit++;
            var seconds = text[digits..unit] switch { "h" => 3600d, "m" => 60d, "s" => 1d, "ms" => 0.001, _ => -1d };
            if (seconds < 0 || !double.TryParse(text.AsSpan(at, digits - at), System.Globalization.CultureInfo.InvariantCulture, out var number)) return LongestReview;
            total += number * seconds;
            at = unit;
        }
        return total > 0 && total < LongestReview.TotalSeconds ? TimeSpan.FromSeconds(total) : LongestReview;
    }
}
