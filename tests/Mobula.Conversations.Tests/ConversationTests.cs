using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Conversations.Tests;

/// <summary>
/// Replays the recordings. `holds.txt` names how many steps of each conversation hold; a conversation in which fewer hold
/// fails. With MOBULA_RECORD_HOLDS=FILE the counts seen are written there, to raise the marks after an improvement, with
/// the answers that differ in FILE.AREA-NAME; MOBULA_REPLAY=PREFIX[,PREFIX] replays only those whose names begin so.
/// </summary>
public abstract class ConversationTests(RecordedServer server, ITestOutputHelper output)
{
    private static readonly Dictionary<string, int> Marks = File.ReadLines(Testdata.Path("holds.txt"))
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(p => p.Length >= 2)
        .ToDictionary(p => p[0], p => int.Parse(p[1], CultureInfo.InvariantCulture));

    private static readonly Lock RecordLock = new();

    /// <summary>The conversations that have marks and whose names begin with one of these, but for some.</summary>
    protected static TheoryData<string> BeginningWith(IReadOnlyList<string> prefixes, params IReadOnlyList<string> butFor) =>
        [.. Marks.Keys.Where(n => BeginsWithOne(n, prefixes) && !BeginsWithOne(n, butFor) && IsWanted(n))];

    protected async Task ReplayAsync(string name)
    {
        var conversation = Conversation.Read(Testdata.Path(name + ".json")).WithWebhook(server.Webhook.Port, server.Webhook.CertificateAuthority);
        server.UsePolicy(conversation.Let.ToDictionary().GetValueOrDefault("policy"));

        var outcomes = await Replay.RunAsync(conversation, server.Target);

        var holding = outcomes.Count(o => o.Holds);
        var differences = outcomes.Where(o => !o.Holds).Select(o => $"-- {o.Title}\n   want {Text(o.Wanted)}\n   got  {Text(o.Got)}").ToList();
        foreach (var difference in differences) output.WriteLine(difference);
        Record(name, holding, outcomes.Count, differences);
        Assert.True(Conversations.Marks.Allow(Marks[name], holding), $"{name}: {holding} of {outcomes.Count} steps hold; {Marks[name]} did before");
    }

    private static string Text(JsonNode node) => Encoding.UTF8.GetString(KubernetesJson.Serialize(node));

    private static bool IsWanted(string name) =>
        Environment.GetEnvironmentVariable("MOBULA_REPLAY") is not { Length: > 0 } prefixes || BeginsWithOne(name, prefixes.Split(','));

    private static bool BeginsWithOne(string name, IReadOnlyList<string> prefixes) => prefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal));

    private static void Record(string name, int holding, int steps, IReadOnlyList<string> differences)
    {
        if (Environment.GetEnvironmentVariable("MOBULA_RECORD_HOLDS") is not { Length: > 0 } file) return;
        lock (RecordLock) File.AppendAllText(file, $"{name} {holding} of {steps}\n");
        if (differences.Count > 0) File.WriteAllLines($"{file}.{name.Replace('/', '-')}", differences);
    }
}

/// <summary>The API itself: verbs, encodings, discovery and Helm.</summary>
public sealed class ApiConversationTests(RecordedServer server, ITestOutputHelper output) : ConversationTests(server, output), IClassFixture<RecordedServer>
{
    public static TheoryData<string> Conversations => BeginningWith(["api/"], KubectlConversationTests.Prefix);

    [Theory]
    [MemberData(nameof(Conversations))]
    public Task Conversation_holds_as_many_steps_as_before(string name) => ReplayAsync(name);
}

/// <summary>What kubectl says to the server, and prints.</summary>
public sealed class KubectlConversationTests(RecordedServer server, ITestOutputHelper output) : ConversationTests(server, output), IClassFixture<RecordedServer>
{
    /// <summary>How the names of its conversations begin.</summary>
    public const string Prefix = "api/kubectl-";

    public static TheoryData<string> Conversations => BeginningWith([Prefix]);

    [Theory]
    [MemberData(nameof(Conversations))]
    public Task Conversation_holds_as_many_steps_as_before(string name) => ReplayAsync(name);
}

/// <summary>Server-side apply and custom resources.</summary>
public sealed class ApplyConversationTests(RecordedServer server, ITestOutputHelper output) : ConversationTests(server, output), IClassFixture<RecordedServer>
{
    public static TheoryData<string> Conversations => BeginningWith(["apply/"]);

    [Theory]
    [MemberData(nameof(Conversations))]
    public Task Conversation_holds_as_many_steps_as_before(string name) => ReplayAsync(name);
}

/// <summary>Audit and Pod Security; some have an audit policy of their own, so that they run one after the other.</summary>
public sealed class SecurityConversationTests(RecordedServer server, ITestOutputHelper output) : ConversationTests(server, output), IClassFixture<RecordedServer>
{
    public static TheoryData<string> Conversations => BeginningWith(["audit/", "podsecurity/"], ConfiguredServer.Conversations);

    [Theory]
    [MemberData(nameof(Conversations))]
    public Task Conversation_holds_as_many_steps_as_before(string name) => ReplayAsync(name);
}

/// <summary>Pod Security with defaults and exemptions of the server's configuration.</summary>
public sealed class ConfiguredConversationTests(ConfiguredServer server, ITestOutputHelper output) : ConversationTests(server, output), IClassFixture<ConfiguredServer>
{
    public static TheoryData<string> Conversations => BeginningWith([ConfiguredServer.Conversations]);

    [Theory]
    [MemberData(nameof(Conversations))]
    public Task Conversation_holds_as_many_steps_as_before(string name) => ReplayAsync(name);
}

/// <summary>The built-in kinds: what is filled in, allowed and refused.</summary>
public sealed class KindConversationTests(RecordedServer server, ITestOutputHelper output) : ConversationTests(server, output), IClassFixture<RecordedServer>
{
    /// <summary>How the names of its conversations begin.</summary>
    public static readonly IReadOnlyList<string> Prefixes = ["kinds/admission-", "kinds/defaults-", "kinds/invalid-"];

    public static TheoryData<string> Conversations => BeginningWith(Prefixes);

    [Theory]
    [MemberData(nameof(Conversations))]
    public Task Conversation_holds_as_many_steps_as_before(string name) => ReplayAsync(name);
}

/// <summary>What the controllers make of the built-in kinds.</summary>
public sealed class ControllerConversationTests(RecordedServer server, ITestOutputHelper output) : ConversationTests(server, output), IClassFixture<RecordedServer>
{
    public static TheoryData<string> Conversations => BeginningWith(["kinds/"], KindConversationTests.Prefixes);

    [Theory]
    [MemberData(nameof(Conversations))]
    public Task Conversation_holds_as_many_steps_as_before(string name) => ReplayAsync(name);
}
