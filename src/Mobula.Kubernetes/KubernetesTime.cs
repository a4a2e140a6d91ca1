using System.Globalization;

namespace Mobula.Kubernetes;

/// <summary>The two forms in which Kubernetes writes times (RFC 3339, always UTC).</summary>
public static class KubernetesTime
{
    /// <summary><c>metav1.Time</c>: whole seconds, <c>2026-01-02T15:04:05Z</c>.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary><c>metav1.MicroTime</c>: six digits of a second, <c>2026-01-02T15:04:05.000000Z</c>.</summary>
    public static string FormatMicro(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Reads either form; null for null and for what is no time.</summary>
    public static DateTimeOffset? Parse(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;
}
