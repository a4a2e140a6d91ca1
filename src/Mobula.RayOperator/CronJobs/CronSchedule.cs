using System.Globalization;
using System.Text.RegularExpressions;
using Cronos;

namespace Mobula.RayOperator.CronJobs;

/// <summary>A schedule as Kubernetes' CronJobs write it: five fields, or a descriptor like <c>@hourly</c> or <c>@every 90s</c>.</summary>
internal sealed partial class CronSchedule
{
    private static readonly Dictionary<string, string> Descriptors = new()
    {
        ["@yearly"] = "0 0 1 1 *", ["@annually"] = "0 0 1 1 *", ["@monthly"] = "0 0 1 * *", ["@weekly"] = "0 0 * * 0",
        ["@daily"] = "0 0 * * *", ["@midnight"] = "0 0 * * *", ["@hourly"] = "0 * * * *",
    };

    private readonly CronExpression[] _expressions;
    private readonly TimeSpan? _every;
    private readonly TimeZoneInfo _zone;

    private CronSchedule(CronExpression[] expressions, TimeSpan? every, TimeZoneInfo zone) => (_expressions, _every, _zone) = (expressions, every, zone);

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">The schedule.</param>
    /// <param name="zone">The zone its hours are of.</param>
    /// <exception cref="FormatException">It is none; the message says why.</exception>
    public static CronSchedule Parse(string text, TimeZoneInfo zone)
    {
        const string every = "@every ";
        if (text.StartsWith(every, StringComparison.Ordinal))
        {
            var interval = GoDuration.Parse(text[every.Length..]) ?? throw new FormatException($"failed to parse duration {text}: time: invalid duration \"{text[every.Length..]}\"");
            var seconds = Math.Max(1, Math.Floor(interval.TotalSeconds));
            return new([], TimeSpan.FromSeconds(seconds), zone);
        }
        if (text.StartsWith('@') && !Descriptors.TryGetValue(text, out _)) throw new FormatException($"unrecognized descriptor: {text}");
        var fields = Descriptors.GetValueOrDefault(text, text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5) throw new FormatException($"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]");
        if (fields.FirstOrDefault(f => !Field().IsMatch(f)) is { } odd) throw new FormatException($"failed to parse field {odd}");
        try
        {
            // Where both days are given, either will do; the library wants both.
            if (Restricts(fields[2]) && Restricts(fields[4]))
            {
                return new([Expression([.. fields[..4], "*"]), Expression([fields[0], fields[1], "*", fields[3], fields[4]])], null, zone);
            }
            return new([Expression(fields)], null, zone);
        }
        catch (CronFormatException error)
        {
            throw new FormatException(error.Message);
        }
    }

    /// <summary>The first time after another; null when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (_every is { } interval) return new DateTimeOffset(after.Ticks - after.Ticks % TimeSpan.TicksPerSecond, after.Offset) + interval;
        return _expressions.Select(e => e.GetNextOccurrence(after, _zone)).Where(t => t is not null).Min();
    }

    private static CronExpression Expression(string[] fields) => CronExpression.Parse(string.Join(' ', fields));

    private static bool Restricts(string field) => !field.Contains('*', StringComparison.Ordinal) && !field.Contains('?', StringComparison.Ordinal);

    [GeneratedRegex(@"\A[0-9A-Za-z*/,?-]+\z")]
    private static partial Regex Field();
}

/// <summary>Durations as Go writes them, for example <c>1h30m</c>.</summary>
internal static partial class GoDuration
{
    /// <summary>Reads a duration; null when it is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (!Whole().IsMatch(text)) return null;
        var seconds = 0.0;
        foreach (Match part in Part().Matches(text))
        {
            seconds += double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * part.Groups[2].Value switch
            {
                "h" => 3600, "m" => 60, "s" => 1, "ms" => 1e-3, "ns" => 1e-9, _ => 1e-6,
            };
        }
        return TimeSpan.FromSeconds(seconds);
    }

    [GeneratedRegex(@"\A(?:[0-9]+(?:\.[0-9]+)?(?:ms|us|µs|ns|h|m|s))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|h|m|s)")]
    private static partial Regex Part();
}
