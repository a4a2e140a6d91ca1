using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Kinds;

/// <summary>Creates of built-in kinds with none to three faults, as a real server answered them.</summary>
public sealed partial class RandomFaultTests(TableServer server) : IClassFixture<TableServer>
{
    private const string Namespace = "rnd-compare-0";

    /// <summary>How many rows held when this was last raised.</summary>
    private const int Held = 3914;

    [Fact]
    public async Task Create_with_faults_answers_as_recorded()
    {
        await server.CreateNamespaceAsync(Namespace);
        var rows = TableServer.Rows("random-fault-a");
        var equal = 0;
        var differences = new List<string>();
        foreach (var row in rows)
        {
            var path = row.Text("path")!.Replace("NS", Namespace, StringComparison.Ordinal);
            var (status, text, warnings) = await server.PostAsync($"{path}?{row.Text("query")}", row.Object("body")!);
            var got = new JsonObject { ["status"] = status, ["answer"] = Normal(Parse(text), null) };
            if (warnings.Count > 0) got["warnings"] = new JsonArray([.. warnings.Select(w => (JsonNode)AsRecorded(w))]);
            var wanted = new JsonObject { ["status"] = row["status"]?.DeepClone(), ["answer"] = Settle(row["answer"]?.DeepClone()) };
            if (row["warnings"] is { } recorded) wanted["warnings"] = recorded.DeepClone();
            got["answer"] = Settle(got["answer"]?.DeepClone());
            if (JsonNode.DeepEquals(wanted, got)) equal++;
            else differences.Add(new JsonObject { ["path"] = row["path"]?.DeepClone(), ["query"] = row["query"]?.DeepClone(), ["body"] = row["body"]?.DeepClone(), ["wanted"] = wanted, ["got"] = got }.ToJsonString());
        }
        TableServer.Report("random-fault-a", equal, rows.Count, differences);
        Assert.True(equal >= Held, $"{equal} of {rows.Count} rows are equal, {Held} were");
    }

    /// <summary>The bytes of a header were read one by one.</summary>
    private static string AsRecorded(string warning) => System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(warning.Replace(Namespace, "<ns>", StringComparison.Ordinal)));

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>Without what differs from run to run.</summary>
    private static JsonNode? Normal(JsonNode? node, string? key) => node switch
    {
        JsonObject map => new JsonObject(map
            .Where(m => m.Key is not ("uid" or "resourceVersion" or "creationTimestamp" or "namespace" or "time" or "selfLink" or "deletionTimestamp") || (m.Key == "namespace" && key != "metadata"))
            .Select(m => KeyValuePair.Create(m.Key, Normal(m.Value, m.Key)))),
        JsonArray list => new JsonArray([.. list.Select(i => Normal(i, key))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => key is "clusterIP" or "clusterIPs" ? "<ip>" : Text(value.GetValue<string>()),
        _ => node?.DeepClone(),
    };

    private static string Text(string text) =>
        Uid().Replace(Time().Replace(Address().Replace(text, "<ip>").Replace(Namespace, "<ns>", StringComparison.Ordinal), "<time>"), "<uid>");

    /// <summary>What has no fixed order gets one.</summary>
    private static JsonNode? Settle(JsonNode? answer)
    {
        if (answer is JsonObject o && o.List("metadata", "managedFields") is { } fields)
        {
            var sorted = fields.OrderBy(f => f!["operation"] + "/" + f["manager"] + "/" + f["apiVersion"] + "/" + f["subresource"], StringComparer.Ordinal).Select(f => f!.DeepClone()).ToArray();
            o.Metadata["managedFields"] = new JsonArray(sorted);
        }
        return answer;
    }

    [GeneratedRegex(@"\b10\.96\.\d+\.\d+\b")]
    private static partial Regex Address();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")]
    private static partial Regex Time();

    [GeneratedRegex(@"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")]
    private static partial Regex Uid();
}
