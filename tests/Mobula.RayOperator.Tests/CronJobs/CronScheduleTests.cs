using System.Globalization;
using Mobula.RayOperator.CronJobs;

namespace Mobula.RayOperator.Tests.CronJobs;

public class CronScheduleTests
{
    [Theory]
    [InlineData("@every 90s", "2026-01-02T03:04:05Z", "2026-01-02T03:05:35Z")]
    [InlineData("@hourly", "2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z")]
    [InlineData("*/15 * * * *", "2026-01-02T03:00:00Z", "2026-01-02T03:15:00Z")]
    [InlineData("0 0 13 * 1", "2026-01-02T03:04:05Z", "2026-01-05T00:00:00Z")]
    [InlineData("0 0 3 * 1", "2026-01-02T03:04:05Z", "2026-01-03T00:00:00Z")]
    [InlineData("0 9 * * MON-FRI", "2026-01-02T10:00:00Z", "2026-01-05T09:00:00Z")]
    public void Next_is_the_first_tick_after_a_time(string schedule, string after, string next) =>
        Assert.Equal(Time(next), CronSchedule.Parse(schedule, TimeZoneInfo.Utc).Next(Time(after)));

    [Fact]
    public void Hours_are_those_of_the_zone()
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromHours(2), "x", "x");
        Assert.Equal(Time("2026-01-02T07:00:00Z"), CronSchedule.Parse("0 9 * * *", zone).Next(Time("2026-01-02T03:00:00Z"))!.Value.ToUniversalTime());
    }

    [Theory]
    [InlineData("* * *", "expected exactly 5 fields, found 3: [* * *]")]
    [InlineData("@sometimes", "unrecognized descriptor: @sometimes")]
    [InlineData("@every now", "failed to parse duration @every now: time: invalid duration \"now\"")]
    public void What_is_no_schedule_is_refused_with_the_reason(string schedule, string reason) =>
        Assert.Equal(reason, Assert.Throws<FormatException>(() => CronSchedule.Parse(schedule, TimeZoneInfo.Utc)).Message);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
