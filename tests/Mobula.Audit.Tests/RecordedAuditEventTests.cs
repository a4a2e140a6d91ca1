using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Audit.Tests;

/// <summary>The audit events of the recorded conversations: written anew from their parts, and decided by the policy they were recorded under.</summary>
public sealed class RecordedAuditEventTests
{
    private const string DefaultPolicy = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        rules:
        - level: None
          verbs: ["get", "list", "watch"]
          resources: [{group: coordination.k8s.io}]
        - level: RequestResponse
        """;

    // Filled by the server's clock and identities; the recordings hold placeholders.
    private static readonly string[] Masked = ["user", "requestReceivedTimestamp", "stageTimestamp", "authenticationMetadata"];

    public static TheoryData<string> Conversations => [.. Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "testdata"), "*.json")
        .Select(f => Path.GetFileNameWithoutExtension(f))
        .Where(n => !n.StartsWith("invalid-", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Event_is_written_as_recorded(string conversation)
    {
        var events = Events(conversation).Select(e => e.Event).ToList();
        Assert.NotEmpty(events);
        foreach (var recorded in events)
        {
            var written = (JsonObject)JsonNode.Parse(AuditEventTests.Json(Read(recorded)))!;
            foreach (var field in Masked)
            {
                written.Remove(field);
                recorded.Remove(field);
            }
            Assert.True(JsonNode.DeepEquals(recorded, written), $"expected {recorded.ToJsonString()}\ngot      {written.ToJsonString()}");
        }
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Policy_decides_the_recorded_level_and_stage(string conversation)
    {
        var text = Read(conversation).Text("let", "policy") ?? DefaultPolicy;
        var policy = AuditPolicyReader.Read(text, "policy.yaml");
        foreach (var (step, recorded) in Events(conversation))
        {
            var reference = recorded.Object("objectRef");
            // At 401 nobody is authenticated yet; else the caller is the impersonator, of system:masters.
            var unauthenticated = recorded.Integer("responseStatus", "code") == 401;
            var isAnonymous = step.Flag("anonymous") == true;
            var user = unauthenticated ? null : isAnonymous ? "system:anonymous" : "admin";
            if (text.Contains("users:", StringComparison.Ordinal) && !unauthenticated && !isAnonymous && !IsByRule(recorded)) continue;
            var decision = policy.Decide(new AuditAttributes
            {
                UserName = user,
                Groups = user is null ? [] : isAnonymous ? ["system:unauthenticated"] : ["system:masters", "system:authenticated"],
                Verb = recorded.Text("verb")!,
                IsResourceRequest = reference is not null,
                ApiGroup = reference?.Text("apiGroup") ?? "",
                Resource = reference?.Text("resource") ?? "",
                Subresource = reference?.Text("subresource") ?? "",
                Namespace = reference?.Text("namespace") ?? "",
                Name = reference?.Text("name") ?? "",
                Path = recorded.Text("requestURI")!.Split('?')[0],
            });
            Assert.Equal(recorded.Text("level"), decision.Level.ToString());
            Assert.True(decision.Records(Enum.Parse<AuditStages>(recorded.Text("stage")!)));
        }
    }

    // The recordings do not say who called; a write at level Request is by the rule about writes.
    private static bool IsByRule(JsonObject recorded) => recorded.Text("level") == "Request";

    private static JsonObject Read(string conversation) =>
        (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", $"{conversation}.json")))!;

    private static IEnumerable<(JsonObject Step, JsonObject Event)> Events(string conversation) =>
        Read(conversation).Objects("steps").SelectMany(s => s.Objects("answer", "audit").Select(e => (s, e)));

    private static AuditEvent Read(JsonObject e) => new()
    {
        Level = Enum.Parse<AuditLevel>(e.Text("level")!),
        AuditId = e.Text("auditID")!,
        Stage = Enum.Parse<AuditStages>(e.Text("stage")!),
        RequestUri = e.Text("requestURI")!,
        Verb = e.Text("verb")!,
        ImpersonatedUser = e.Object("impersonatedUser") is { } user ? User(user) : null,
        SourceIPs = [.. e.Texts("sourceIPs")],
        UserAgent = e.Text("userAgent") ?? "",
        ObjectRef = e.Object("objectRef") is { } o ? new()
        {
            Resource = o.Text("resource"), Namespace = o.Text("namespace"), Name = o.Text("name"), Uid = o.Text("uid"),
            ApiGroup = o.Text("apiGroup"), ApiVersion = o.Text("apiVersion"), ResourceVersion = o.Text("resourceVersion"), Subresource = o.Text("subresource"),
        } : null,
        ResponseCode = (int)(e.Integer("responseStatus", "code") ?? 0),
        ResponseStatus = e.Object("responseStatus"),
        RequestObject = e["requestObject"],
        ResponseObject = e["responseObject"],
        RequestReceived = DateTimeOffset.UnixEpoch,
        StageTime = DateTimeOffset.UnixEpoch,
        Annotations = e.TextMap("annotations").ToDictionary(a => a.Key, a => a.Value),
    };

    private static AuditUser User(JsonObject user) => new()
    {
        UserName = user.Text("username"),
        Uid = user.Text("uid"),
        Groups = [.. user.Texts("groups")],
        Extra = user.Object("extra")?.ToDictionary(x => x.Key, x => (IReadOnlyList<string>)[.. x.Value!.AsArray().Select(v => v!.GetValue<string>())]),
    };
}
