namespace Mobula.PodSecurity.Webhook.Reviews;

/// <summary>A request that is no review, with the HTTP status and the plain text to answer.</summary>
internal sealed class ReviewException(int statusCode, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public static ReviewException Undecodable() => new(400, "unable to decode the request");

    public static ReviewException TooLarge() => new(413, $"request entity is too large; limit is {ReviewEndpoint.MaxBodyBytes} bytes");
}
