using System.Text.Json.Nodes;
using Mobula.Conversations;
using Mobula.RayOperator.Tests.Replay;

namespace Mobula.RayOperator.Tests.Live;

/// <summary>The recorded conversations, spoken with our own API server, controllers and operator.</summary>
public class ConversationTests(OperatorCluster cluster, ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. Recording.Names.Where(n => n.StartsWith("cluster-", StringComparison.Ordinal) || n.StartsWith("pod-security", StringComparison.Ordinal) || n.StartsWith("auth", StringComparison.Ordinal) || n.StartsWith("gcs", StringComparison.Ordinal) || n.StartsWith("crd", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Conversation_with_the_operator_holds(string name)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MOBULA_REPLAY_KUBERAY") == "1", "not all of them hold yet, and those that do not wait long; set MOBULA_REPLAY_KUBERAY=1 to see which");
        Assert.SkipUnless(cluster.ServesRay, "this API server does not serve custom resources");
        var outcomes = await Mobula.Conversations.Replay.RunAsync(Conversation.Read(Path.Combine(AppContext.BaseDirectory, "testdata", "kuberay", $"{name}.json")), cluster.Target);
        output.WriteLine($"{outcomes.Count(o => o.Holds)} of {outcomes.Count} steps");
        foreach (var o in outcomes.Where(o => !o.Holds))
        {
            output.WriteLine($"-- {o.Title}");
            Difference(o.Wanted, o.Got, "");
        }
        Assert.True(outcomes.All(o => o.Holds), $"{outcomes.Count(o => o.Holds)} of {outcomes.Count} steps hold\n{cluster.Log}");
    }

    private void Difference(JsonNode? wanted, JsonNode? got, string path)
    {
        if (JsonNode.DeepEquals(wanted, got)) return;
        if (wanted is JsonObject a && got is JsonObject b)
        {
            foreach (var key in a.Select(m => m.Key).Union(b.Select(m => m.Key))) Difference(a[key], b[key], $"{path}/{key}");
        }
        else if (wanted is JsonArray x && got is JsonArray y && x.Count == y.Count)
        {
            for (var i = 0; i < x.Count; i++) Difference(x[i], y[i], $"{path}/{i}");
        }
        else
        {
            output.WriteLine($"   {path}: wanted {Cut(wanted)}, got {Cut(got)}");
        }
    }

    private static string Cut(JsonNode? node) => node?.ToJsonString() is { } text ? text[..Math.Min(text.Length, 300)] : "nothing";
}
