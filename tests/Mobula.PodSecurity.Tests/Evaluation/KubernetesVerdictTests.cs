using System.Text.Json.Nodes;

namespace Mobula.PodSecurity.Tests.Evaluation;

public sealed class KubernetesVerdictTests
{
    [Fact]
    public void Random_pods_are_judged_as_by_Kubernetes_at_every_level_and_version()
    {
        var (evaluations, differences) = VerdictTable.Compare(VerdictTable.ReadVendored("podsecurity-random-a.jsonl.gz"));
        Assert.True(differences.Count == 0, $"{differences.Count} of {evaluations} differ, first:\n{string.Join('\n', differences.Take(5))}");
        Assert.Equal(1000 * 2 * 39, evaluations);
    }

    [Fact]
    public void Upstream_fixture_pods_are_judged_as_by_Kubernetes_at_every_level_and_version()
    {
        var file = VerdictTable.FindShared("conversations/podsecurity-fixtures.jsonl");
        Assert.SkipUnless(file is not null, "shared/conversations/podsecurity-fixtures.jsonl does not stand beside the repository; it is not ours to copy");
        var (evaluations, differences) = VerdictTable.Compare(File.ReadLines(file!).Select(l => (JsonObject)JsonNode.Parse(l)!));
        Assert.True(differences.Count == 0, $"{differences.Count} of {evaluations} differ, first:\n{string.Join('\n', differences.Take(5))}");
        Assert.Equal(380 * 2 * 39, evaluations);
    }
}
