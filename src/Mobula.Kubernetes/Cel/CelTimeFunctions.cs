using System.Globalization;
using static Mobula.Kubernetes.Cel.CelKind;

namespace Mobula.Kubernetes.Cel;

/// <summary>The parts of timestamps, in UTC or in a time zone, and of durations.</summary>
internal static class CelTimeFunctions
{
    public static IEnumerable<CelOverload> All =>
    [
        .. Part("getFullYear", t => t.Year), .. Part("getMonth", t => t.Month - 1), .. Part("getDayOfYear", t => t.DayOfYear - 1), .. Part("getDayOfMonth", t => t.Day - 1),
        .. Part("getDate", t => t.Day), .. Part("getDayOfWeek", t => (int)t.DayOfWeek), .. Part("getHours", t => t.Hour), .. Part("getMinutes", t => t.Minute),
        .. Part("getSeconds", t => t.Second), .. Part("getMilliseconds", t => t.Millisecond),
        CelOverload.Member("getHours", [Duration], Int, a => (long)((TimeSpan)a[0]!).TotalHours),
        CelOverload.Member("getMinutes", [Duration], Int, a => (long)((TimeSpan)a[0]!).TotalMinutes),
        CelOverload.Member("getSeconds", [Duration], Int, a => (long)((TimeSpan)a[0]!).TotalSeconds),
        CelOverload.Member("getMilliseconds", [Duration], Int, a => (long)((TimeSpan)a[0]!).TotalMilliseconds),
    ];

    private static IEnumerable<CelOverload> Part(string name, Func<DateTimeOffset, int> part)
    {
        yield return CelOverload.Member(name, [Timestamp], Int, a => (long)part(((DateTimeOffset)a[0]!).ToUniversalTime()));
        yield return CelOverload.Member(name, [Timestamp, CelKind.String], Int, a => In((DateTimeOffset)a[0]!, (string)a[1]!) is { } time ? (long)part(time) : new CelError($"unknown time zone {a[1]}"));
    }

    private static DateTimeOffset? In(DateTimeOffset time, string zone)
    {
        if (zone.Length == 0 || zone == "UTC") return time.ToUniversalTime();
        var sign = zone[0] == '-' ? -1 : 1;
        if (zone.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(zone.TrimStart('+', '-'), @"hh\:mm", CultureInfo.InvariantCulture, out var offset)) return time.ToOffset(offset * sign);
        return TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(time, found) : null;
    }
}
