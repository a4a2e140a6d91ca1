using System.Globalization;

namespace Mobula.ApiServer.Validation;

/// <summary>Schedules in five fields, or one of the named ones.</summary>
internal static class CronSchedule
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private static readonly (int Low, int High, string[]? Names, int FirstName)[] Fields = [(0, 59, null, 0), (0, 23, null, 0), (1, 31, null, 0), (1, 12, Months, 1), (0, 6, Days, 0)];

    /// <summary>What is wrong with a schedule; null when nothing is.</summary>
    public static string? Problem(string schedule, string? timeZone)
    {
        if (schedule.Contains("TZ", StringComparison.Ordinal))
        {
            if (timeZone is not null) return "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            return "cannot use TZ or CRON_TZ in schedule";
        }
        if (schedule.StartsWith('@')) return Descriptor(schedule);
        var fields = schedule.Split([' ', '\t', '\n', '\v', '\f', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5) return $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]";
        foreach (var (i, field) in fields.Index())
        {
            foreach (var part in field.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if (Range(part, Fields[i]) is { } wrong) return wrong;
            }
        }
        return null;
    }

    private static string? Descriptor(string schedule)
    {
        if (schedule is "@yearly" or "@annually" or "@monthly" or "@weekly" or "@daily" or "@midnight" or "@hourly") return null;
        if (schedule.StartsWith("@every ", StringComparison.Ordinal)) return schedule.Length > 7 && char.IsAsciiDigit(schedule[7]) ? null : $"failed to parse duration {schedule}: time: invalid duration \"{schedule[7..]}\"";
        return $"unrecognized descriptor: {schedule}";
    }

    private static string? Range(string text, (int Low, int High, string[]? Names, int FirstName) bounds)
    {
        var parts = text.Split('/');
        var ends = parts[0].Split('-');
        var single = ends.Length == 1;
        int start, end;
        if (ends[0] is "*" or "?")
        {
            (start, end, single) = (bounds.Low, bounds.High, false);
        }
        else
        {
            if (Number(ends[0], bounds, out start) is { } wrong) return wrong;
            end = start;
            if (ends.Length == 2)
            {
                if (Number(ends[1], bounds, out end) is { } bad) return bad;
            }
            else if (ends.Length > 2)
            {
                return $"too many hyphens: {text}";
            }
        }
        var step = 1;
        if (parts.Length == 2)
        {
            if (Number(parts[1], (0, 0, null, 0), out step) is { } wrong) return wrong;
            if (single) end = bounds.High;
        }
        else if (parts.Length > 2)
        {
            return $"too many slashes: {text}";
        }
        if (start < bounds.Low) return $"beginning of range ({start}) below minimum ({bounds.Low}): {text}";
        if (end > bounds.High) return $"end of range ({end}) above maximum ({bounds.High}): {text}";
        if (start > end) return $"beginning of range ({start}) beyond end of range ({end}): {text}";
        return step == 0 ? $"step of range should be a positive number: {text}" : null;
    }

    private static string? Number(string text, (int Low, int High, string[]? Names, int FirstName) bounds, out int number)
    {
        if (bounds.Names is { } names && Array.IndexOf(names, text.ToLowerInvariant()) is >= 0 and var index)
        {
            number = index + bounds.FirstName;
            return null;
        }
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)) return $"failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax";
        return number < 0 ? $"negative number ({number}) not allowed: {text}" : null;
    }
}
