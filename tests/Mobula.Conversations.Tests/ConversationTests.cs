using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Conversations.Tests;

/// <summary>
/// Replays the recordings. `holds.txt` names how many steps of each conversation hold; a conversation in which fewer hold
/// fails. With MOBULA_RECORD_HOLDS=FILE the counts seen are written there, to raise the marks after an improvement.
/// </summary>
public sealed class ConversationTests(RecordedServer server, ITestOutputHelper output)
{
    private static readonly Dictionary<string, int> Marks = File.ReadLines(Testdata.Path("holds.txt"))
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(p => p.Length >= 2)
        .ToDictionary(p => p[0], p => int.Parse(p[1], CultureInfo.InvariantCulture));

    private static readonly Lock RecordLock = new();

    public static TheoryData<string> Conversations => [.. Marks.Keys];

    [Theory]
    [MemberData(nameof(Conversations))]
    public async Task Conversation_holds_as_many_steps_as_before(string name)
    {
        var outcomes = await Replay.RunAsync(Conversation.Read(Testdata.Path(name + ".json")), server.Target);

        var holding = outcomes.Count(o => o.Holds);
        foreach (var outcome in outcomes.Where(o => !o.Holds)) output.WriteLine($"-- {outcome.Title}\n   want {Text(outcome.Wanted)}\n   got  {Text(outcome.Got)}");
        Record(name, holding, outcomes.Count);
        Assert.True(holding >= Marks[name], $"{name}: {holding} of {outcomes.Count} steps hold; {Marks[name]} did before");
    }

    private static string Text(JsonNode node) => Encoding.UTF8.GetString(KubernetesJson.Serialize(node));

    private static void Record(string name, int holding, int steps)
    {
        if (Environment.GetEnvironmentVariable("MOBULA_RECORD_HOLDS") is not { Length: > 0 } file) return;
        lock (RecordLock) File.AppendAllText(file, $"{name} {holding} of {steps}\n");
    }
}
