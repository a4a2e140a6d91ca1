using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mobula.Conversations;

namespace Mobula.RayRuntime.Tests.Conversations;

/// <summary>
/// Recorded conversations with real Ray, spoken with this runtime. testdata/holds.txt says how many steps of each hold: fewer is a
/// failure.
/// </summary>
public class ConversationTests(ITestOutputHelper output)
{
    private static string Data => Path.Combine(AppContext.BaseDirectory, "testdata");

    public static TheoryData<string, int> Marked => [.. File.ReadLines(Path.Combine(Data, "holds.txt"))
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(w => w is [not "#", _, "of", _])
        .Select(w => (w[0], int.Parse(w[1], CultureInfo.InvariantCulture)))];

    [Theory]
    [MemberData(nameof(Marked))]
    public async Task Conversation_with_the_runtime_holds(string name, int mark)
    {
        Assert.SkipUnless(RayBox.Missing is null, RayBox.Missing ?? "");
        Assert.SkipUnless(name != "serve-applications" || RayBox.Has("uvicorn, starlette"), "python3-uvicorn and python3-starlette are not installed");

        var told = await RayBox.RunAsync(name);

        output.WriteLine(told);
        var holding = int.Parse(told[..told.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
        Assert.True(holding >= mark, $"{mark} steps held before\n{told}");
    }

    [Fact]
    public async Task Inside_the_box()
    {
        // The other side of the test above, in a process of its own: outside of the box there is nothing to do.
        if (Environment.GetEnvironmentVariable(RayBox.Variable) is not { Length: > 0 } name) return;
        if (name != "zz-start-and-stop")
        {
            using var head = Process.Start(new ProcessStartInfo("ray",
            [
                "start", "--head", "--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1", "--num-cpus=2", "--memory=4000000000", "--object-store-memory=500000000", "--disable-usage-stats",
            ]) { RedirectStandardOutput = true })!;
            await head.WaitForExitAsync();
        }
        using var plain = new HttpClient();
        var target = new ReplayTarget(plain, plain, "http://127.0.0.1:8265", "", null) { Token = RayBox.Token };

        var outcomes = await Replay.RunAsync(Conversation.Read(Path.Combine(Data, "conversations", $"{name}.json")), target);

        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{outcomes.Count(o => o.Holds)} of {outcomes.Count}\n");
        foreach (var o in outcomes.Where(o => !o.Holds)) text.Append(CultureInfo.InvariantCulture, $"-- {o.Title}\n   wanted {o.Wanted.ToJsonString()}\n   got    {o.Got.ToJsonString()}\n");
        await File.WriteAllTextAsync(Environment.GetEnvironmentVariable(RayBox.Result)!, text.ToString());
    }
}
