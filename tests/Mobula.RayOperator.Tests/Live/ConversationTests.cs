using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Conversations;
using Mobula.RayOperator.Tests.Replay;

namespace Mobula.RayOperator.Tests.Live;

/// <summary>
/// The recorded conversations, spoken with our own API server, controllers and operator. testdata/holds.txt says how many
/// steps of each hold: fewer is a failure. To write it anew, run these tests with MOBULA_WRITE_HOLDS=1; to see what
/// differs, with MOBULA_SHOW_DIFFERENCES=1.
/// </summary>
public class ConversationTests(OperatorCluster cluster, GatedCluster gated, ITestOutputHelper output) : IClassFixture<GatedCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly SemaphoreSlim AtOnce = new(12);

    /// <summary>These show what happens within so many real seconds: they go first, with the machine to themselves.</summary>
    private static readonly string[] Hurried = ["job-deadlines", "service-initializing-timeout"];
    private static readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<StepOutcome>>>> Running = new();
    private static readonly SortedDictionary<string, (int Holding, int Steps)> Table = ReadTable();

    /// <summary>Those of which no step is claimed to hold are run only to write the table anew, or to see what differs.</summary>
    public static TheoryData<string> Names => [.. Chosen.Where(n => Table.GetValueOrDefault(n) is not (0, > 0) || IsSet("MOBULA_WRITE_HOLDS") || IsSet("MOBULA_SHOW_DIFFERENCES"))];

    /// <summary>Those whose names begin as MOBULA_CONVERSATIONS says (job-,pod-); all where it says nothing.</summary>
    private static IEnumerable<string> Chosen =>
        Environment.GetEnvironmentVariable("MOBULA_CONVERSATIONS") is { Length: > 0 } prefixes
            ? Recording.Names.Where(n => prefixes.Split(',').Any(p => n.StartsWith(p, StringComparison.Ordinal)))
            : Recording.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Conversation_with_the_operator_holds(string name)
    {
        // They mostly wait, each in a namespace of its own: all are begun with the first.
        foreach (var other in Chosen.Where(n => Table.GetValueOrDefault(n) is not (0, > 0) || n == name)) _ = Replaying(other);
        var outcomes = await Replaying(name);
        var differences = Describe(outcomes);
        output.WriteLine(differences);
        if (IsSet("MOBULA_SHOW_DIFFERENCES")) output.WriteLine(cluster.Log);
        var holding = outcomes.Count(o => o.Holds);
        if (IsSet("MOBULA_WRITE_HOLDS"))
        {
            Write(name, holding, outcomes.Count);
            return;
        }
        var claimed = Table.GetValueOrDefault(name).Holding;
        Assert.True(Marks.Allow(claimed, holding), $"{holding} of {outcomes.Count} steps hold, {claimed} did before\n{differences}\n{cluster.Log}\n{gated.Log}");
        Assert.True(holding == outcomes.Count || Table.ContainsKey(name), $"{name} is not in testdata/holds.txt");
    }

    private Task<IReadOnlyList<StepOutcome>> Replaying(string name) => Running.GetOrAdd(name, n => new(() => Task.Run(async () =>
    {
        if (!Hurried.Contains(n)) await Task.WhenAll(Hurried.Intersect(Chosen).Select(Replaying));
        await AtOnce.WaitAsync();
        try
        {
            return await Mobula.Conversations.Replay.RunAsync(Conversation.Read(Path.Combine(AppContext.BaseDirectory, "testdata", "kuberay", $"{n}.json")), n.StartsWith("gated-", StringComparison.Ordinal) ? gated.Target : cluster.Target, Patience);
        }
        finally
        {
            AtOnce.Release();
        }
    }))).Value;

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) == "1";

    private static string Describe(IReadOnlyList<StepOutcome> outcomes)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{outcomes.Count(o => o.Holds)} of {outcomes.Count} steps");
        foreach (var o in outcomes.Where(o => !o.Holds))
        {
            text.Append("\n-- ").Append(o.Title);
            Difference(text, o.Wanted, o.Got, "");
        }
        return text.ToString();
    }

    private static void Difference(StringBuilder text, JsonNode? wanted, JsonNode? got, string path)
    {
        if (JsonNode.DeepEquals(wanted, got)) return;
        if (wanted is JsonObject a && got is JsonObject b)
        {
            foreach (var key in a.Select(m => m.Key).Union(b.Select(m => m.Key))) Difference(text, a[key], b[key], $"{path}/{key}");
        }
        else if (wanted is JsonArray x && got is JsonArray y && x.Count == y.Count)
        {
            for (var i = 0; i < x.Count; i++) Difference(text, x[i], y[i], $"{path}/{i}");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"\n   {path}: wanted {Cut(wanted)}, got {Cut(got)}");
        }
    }

    private static string Cut(JsonNode? node) => node?.ToJsonString() is { } text ? text[..Math.Min(text.Length, 700)] : "nothing";

    private static SortedDictionary<string, (int Holding, int Steps)> ReadTable()
    {
        var table = new SortedDictionary<string, (int, int)>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "testdata", "holds.txt")))
        {
            if (line.StartsWith('#') || line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var name, var holding, "of", var steps]) continue;
            table[name] = (int.Parse(holding, CultureInfo.InvariantCulture), int.Parse(steps, CultureInfo.InvariantCulture));
        }
        return table;
    }

    private static void Write(string name, int holding, int steps)
    {
        lock (Table)
        {
            Table[name] = (holding, steps);
            var text = new StringBuilder("# How many steps of each conversation in ../../Mobula.Conversations/testdata/kuberay hold (MOBULA_WRITE_HOLDS=1 writes this anew).\n");
            foreach (var (key, row) in Table) text.Append(CultureInfo.InvariantCulture, $"{key,-32}{row.Holding,3} of {row.Steps}\n");
            text.Append(CultureInfo.InvariantCulture, $"# {Table.Values.Sum(r => r.Holding)} of {Table.Values.Sum(r => r.Steps)} in all\n");
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "Mobula.slnx"))) folder = Path.GetDirectoryName(folder)!;
            File.WriteAllText(Path.Combine(folder, "tests", "Mobula.RayOperator.Tests", "testdata", "holds.txt"), text.ToString());
        }
    }
}
