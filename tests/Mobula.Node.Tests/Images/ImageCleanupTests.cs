using Mobula.Node.Images;

namespace Mobula.Node.Tests.Images;

public sealed class ImageCleanupTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(1000, 151, 0)]
    [InlineData(1000, 150, 50)]
    [InlineData(1000, 0, 200)]
    [InlineData(0, 0, 0)]
    public void Cleaning_begins_at_the_high_mark_and_goes_down_to_the_low_one(long capacity, long available, long wanted) =>
        Assert.Equal(wanted, ImageCleanup.Wanted(capacity, available));

    [Fact]
    public void Longest_unused_goes_first_until_there_is_room_enough()
    {
        var used = new Dictionary<string, int> { ["a"] = 60, ["b"] = 10, ["c"] = 90 };
        Assert.Equal(["c", "a"], Plan(150, [Image("a"), Image("b"), Image("c")], id => Now.AddMinutes(-used[id])));
        Assert.Equal(["c"], Plan(100, [Image("a"), Image("b"), Image("c")], id => Now.AddMinutes(-used[id])));
    }

    [Fact]
    public void Nothing_goes_that_is_used_or_new_or_cannot_come_back()
    {
        var images = new[] { Image("used"), Image("new"), Image("imported") with { CanBePulled = false }, Image("old") };
        Assert.Equal(["old"], ImageCleanup.Plan(
            images, new HashSet<string> { "used" }, _ => default, id => id == "new" ? Now.AddMinutes(-1) : Now.AddHours(-1), 10_000, Now).Select(i => i.Id));
    }

    private static StoredImage Image(string id) => new(id, 100, true);

    private static IEnumerable<string> Plan(long bytes, StoredImage[] images, Func<string, DateTimeOffset> lastUsed) =>
        ImageCleanup.Plan(images, new HashSet<string>(), lastUsed, _ => Now.AddDays(-1), bytes, Now).Select(i => i.Id);
}
