using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Audit.Tests;

public sealed class AuditPolicyReaderTests
{
    public static TheoryData<int> RecordedPolicies => [.. Enumerable.Range(0, Recorded().Count).Where(i => Recorded()[i]!.AsObject().Text("policy") is not null)];

    [Theory]
    [MemberData(nameof(RecordedPolicies))]
    public void Policy_is_accepted_or_refused_in_Kubernetes_words(int row)
    {
        var recorded = Recorded()[row]!.AsObject();
        List<string> warnings = [];
        string? error = null;
        try
        {
            AuditPolicyReader.Read(recorded.Text("policy")!, "FILE", warnings.Add);
        }
        catch (AuditPolicyException e)
        {
            error = e.Message;
        }
        Assert.Equal(recorded.Text("error"), error);
        Assert.Equal(recorded.Texts("log"), warnings);
    }

    [Theory]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n- verbs: [get]\n  level: Full\n", "policy.yaml:6:10: ")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  nonResourceURLs:\n  - /ok\n  - logs\n", "policy.yaml:7:5: ")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  users: [a, {b: c}]\n", "policy.yaml:5:14: ")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n", "policy.yaml:1:1: ")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: [\n", "policy.yaml:")]
    public void Refused_policy_names_the_place(string policy, string start)
    {
        var error = Assert.Throws<AuditPolicyException>(() => AuditPolicyReader.Read(policy, "policy.yaml"));
        Assert.StartsWith(start, error.Located, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_is_told_in_Kubernetes_words()
    {
        var error = Assert.Throws<AuditPolicyException>(() => AuditPolicyReader.ReadFile("/none/FILE"));
        Assert.Equal(Recorded()[0]!["error"]!.GetValue<string>().Replace("FILE", "/none/FILE", StringComparison.Ordinal), error.Message);
        Assert.Throws<AuditPolicyException>(() => AuditPolicyReader.ReadFile(""));
    }

    private static JsonArray Recorded() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "invalid-policies.json")))!.AsArray();
}
