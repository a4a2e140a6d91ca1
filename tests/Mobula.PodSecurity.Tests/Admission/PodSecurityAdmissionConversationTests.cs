using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;

namespace Mobula.PodSecurity.Tests.Admission;

public sealed class PodSecurityAdmissionConversationTests
{
    private static readonly PodSecurityConfiguration Configured = PodSecurityConfiguration.Read((JsonObject)JsonNode.Parse("""
        {"apiVersion":"pod-security.admission.config.k8s.io/v1","kind":"PodSecurityConfiguration",
         "defaults":{"enforce":"baseline","enforce-version":"v1.30","audit":"restricted","warn":"restricted","warn-version":"v1.24"},
         "exemptions":{"usernames":["trusted","system:serviceaccount:kube-system:job-controller"],
           "namespaces":["kube-system","podsecurity-configured-exempt-namespace"],"runtimeClasses":["free"]}}
        """)!);

    public static TheoryData<string> Names => [.. Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "testdata", "conversations"), "*.json")
        .Select(f => Path.GetFileNameWithoutExtension(f))
        .Where(n => n is not ("invalid-configurations" or "kubectl-label" or "configured-metrics"))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Conversation_is_decided_as_by_Kubernetes(string name)
    {
        var file = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "conversations", $"{name}.json"));
        var conversation = (JsonObject)JsonNode.Parse(file)!;
        var replay = new ConversationReplay(conversation, conversation.Object("let") is { } let && let.ContainsKey("configuration") ? Configured : PodSecurityConfiguration.Default);
        replay.Run();
        TestContext.Current.SendDiagnosticMessage($"{name}: {replay.Compared} steps");
        Assert.True(replay.Differences.Count == 0, string.Join('\n', replay.Differences));
        Assert.True(replay.Compared > 0, "no step was compared");
    }
}
