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
        Assert.SkipUnless(cluster.ServesRay, "this API server does not serve custom resources");
        var outcomes = await Mobula.Conversations.Replay.RunAsync(Conversation.Read(Path.Combine(AppContext.BaseDirectory, "testdata", "kuberay", $"{name}.json")), cluster.Target);
        output.WriteLine($"{outcomes.Count(o => o.Holds)} of {outcomes.Count} steps");
        foreach (var o in outcomes.Where(o => !o.Holds))
        {
            output.WriteLine($"-- {o.Title}\n   wanted {o.Wanted.ToJsonString()}\n   got    {o.Got.ToJsonString()}");
        }
        Assert.True(outcomes.All(o => o.Holds), $"{outcomes.Count(o => o.Holds)} of {outcomes.Count} steps hold\n{cluster.Log}");
    }
}
