using System.Globalization;
using System.Text.RegularExpressions;
using Cronos;
using Mobula.Kubernetes;

namespace Mobula.Controllers.CronJobs;

/// <summary>When a CronJob is due: five fields, a macro such as <c>@daily</c>, or <c>@every 1h30m</c>.</summary>
internal sealed partial class CronSchedule
{
    private const string Every = "@every ";
    private readonly CronExpression[] _alternatives;
    private readonly TimeSpan? _interval;
    private readonly TimeZoneInfo _zone;

    private CronSchedule(CronExpression[] alternatives, TimeSpan? interval, TimeZoneInfo zone)
    {
        _alternatives = alternatives;
        _interval = interval;
        _zone = zone;
    }

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">The field <c>spec.schedule</c>.</param>
    /// <param name="timeZone">The field <c>spec.timeZone</c>; null is UTC.</param>
    /// <exception cref="FormatException">The schedule is none.</exception>
    /// <exception cref="TimeZoneNotFoundException">There is no such time zone.</exception>
    public static CronSchedule Parse(string text, string? timeZone)
    {
        var zone = string.IsNullOrEmpty(timeZone) ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        if (text.StartsWith(Every, StringComparison.Ordinal)) return new([], ParseInterval(text[Every.Length..]), zone);
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // Where both the day of the month and that of the week are given, either will do; the parser asks for both.
        return fields.Length == 5 && !IsAny(fields[2]) && !IsAny(fields[4])
            ? new([Expression([.. fields[..4], "*"]), Expression([.. fields[..2], "*", .. fields[3..]])], null, zone)
            : new([Expression(fields)], null, zone);
    }

    /// <summary>The first time after another; null when there is none any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (_interval is { } interval) return new DateTimeOffset(after.Ticks - (after.Ticks % TimeSpan.TicksPerSecond), after.Offset) + interval;
        DateTimeOffset? first = null;
        foreach (var expression in _alternatives)
        {
            if (expression.GetNextOccurrence(after, _zone) is { } next && (first is null || next < first)) first = next;
        }
        return first;
    }

    /// <summary>A time as it is written in the zone of the schedule.</summary>
    public string Format(DateTimeOffset time) =>
        _zone == TimeZoneInfo.Utc ? KubernetesTime.Format(time) : TimeZoneInfo.ConvertTime(time, _zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private static bool IsAny(string field) => field is "*" or "?" or "*/1";

    private static CronExpression Expression(string[] fields) => CronExpression.Parse(string.Join(' ', fields), CronFormat.Standard);

    private static TimeSpan ParseInterval(string text)
    {
        var match = Duration().Match(text);
        if (!match.Success || text.Length == 0) throw new FormatException($"\"{text}\" is no duration such as 1h30m");
        double Part(string name) => match.Groups[name] is { Success: true } g ? double.Parse(g.Value, CultureInfo.InvariantCulture) : 0;
        var interval = TimeSpan.FromHours(Part("h")) + TimeSpan.FromMinutes(Part("m")) + TimeSpan.FromSeconds(Math.Floor(Part("s")));
        return interval < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : interval;
    }

    [GeneratedRegex(@"^((?<h>[\d.]+)h)?((?<m>[\d.]+)m)?((?<s>[\d.]+)s)?$")]
    private static partial Regex Duration();
}
