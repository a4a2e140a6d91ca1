using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>Durations as kubectl shows them: <c>5s</c>, <c>2m3s</c>, <c>4h</c>, <c>3d2h</c>, <c>2y</c>.</summary>
internal static class Ages
{
    public static string Format(TimeSpan age)
    {
        var seconds = (long)age.TotalSeconds;
        if (seconds < -1) return "<invalid>";
        if (seconds < 0) return "0s";
        if (seconds < 120) return Text($"{seconds}s");
        var minutes = seconds / 60;
        if (minutes < 10) return seconds % 60 == 0 ? Text($"{minutes}m") : Text($"{minutes}m{seconds % 60}s");
        if (minutes < 180) return Text($"{minutes}m");
        var hours = seconds / 3600;
        if (hours < 8) return minutes % 60 == 0 ? Text($"{hours}h") : Text($"{hours}h{minutes % 60}m");
        if (hours < 48) return Text($"{hours}h");
        if (hours < 192) return hours % 24 == 0 ? Text($"{hours / 24}d") : Text($"{hours / 24}d{hours % 24}h");
        if (hours < 24 * 365 * 2) return Text($"{hours / 24}d");
        if (hours < 24 * 365 * 8) return hours / 24 % 365 == 0 ? Text($"{hours / 24 / 365}y") : Text($"{hours / 24 / 365}y{hours / 24 % 365}d");
        return Text($"{hours / 24 / 365}y");
    }

    /// <summary>The age of an object, <c>&lt;unknown&gt;</c> where it has no time.</summary>
    public static string Of(JsonObject o, DateTimeOffset now) => Since(o.Text("metadata", "creationTimestamp"), now);

    public static string Since(string? time, DateTimeOffset now) => KubernetesTime.Parse(time) is { } start ? Format(now - start) : "<unknown>";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
