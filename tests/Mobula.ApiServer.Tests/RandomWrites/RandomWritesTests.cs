using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.RandomWrites;

/// <summary>Random sequences of writes through the whole server, with what a real one answered.</summary>
public sealed partial class RandomWritesTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string Tables = FindTables();

    private readonly TemporaryDirectory _directory = new();
    private ApiServerHost? _host;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ApiServerHost.StartAsync(new() { DataDirectory = _directory.Path });
        _http = new(_host.CreateHandler("admin", "system:masters")) { BaseAddress = _host.Endpoint };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "random/1.0");
        var crd = await File.ReadAllTextAsync(Path.Combine(Tables, "things-crd.json"));
        await SendAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(crd)));
        for (var attempt = 0; attempt < 200; attempt++)
        {
            if ((await SendAsync("GET", "/apis/random.example.com/v1/things", null)).Status == 200) return;
            await Task.Delay(25);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_host is not null) await _host.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("random-apply-a.jsonl.gz", 0.97)]
    [InlineData("random-patch-a.jsonl.gz", 0.97)]
    public async Task Writes_are_answered_as_by_a_real_server(string table, double share)
    {
        var rows = Rows(table).ToList();
        var differences = new string?[rows.Count];

        await Parallel.ForEachAsync(Enumerable.Range(0, rows.Count), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) => differences[i] = await FirstDifferenceAsync(rows[i], $"rnd-x-{i}"));

        var agreeing = differences.Count(d => d is null);
        output.WriteLine($"{table}: {agreeing} of {rows.Count}");
        foreach (var group in differences.OfType<string>().GroupBy(d => d.Split('\n')[0]).OrderByDescending(g => g.Count()).Take(12)) output.WriteLine($"{group.Count()} x {group.First()}\n");
        Assert.True(agreeing >= rows.Count * share, $"{agreeing} of {rows.Count} rows agree");
    }

    private async Task<string?> FirstDifferenceAsync(JsonObject row, string ns)
    {
        await SendAsync("POST", "/api/v1/namespaces", new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } });
        await SendAsync("POST", $"/api/v1/namespaces/{ns}/serviceaccounts", new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = new JsonObject { ["name"] = "default" } });
        var resource = row.Text("resource")!;
        var path = $"{Root(resource)}/namespaces/{ns}/{resource}";
        foreach (var step in row.Objects("steps"))
        {
            var query = step.Text("query") is { Length: > 0 } q ? $"?{q}" : "";
            var (status, answer) = await SendAsync(step.Text("method")!, (step.Text("method") == "POST" ? path : $"{path}/o") + query, step["body"], Type(step.Text("type")));
            var wanted = Text(Settle(step["answer"]!.DeepClone()));
            var actual = Text(Settle(Normal(answer)!));
            if (status == step.Integer("status") && wanted == actual) continue;
            var at = wanted.Zip(actual).TakeWhile(p => p.First == p.Second).Count();
            string Around(string text) => text[Math.Max(0, at - 120)..Math.Min(text.Length, at + 200)];
            return $"{resource} {step.Text("type")} {step.Integer("status")} {status}\n  body   {step["body"]?.ToJsonString()}\n  wanted {Around(wanted)}\n  actual {Around(actual)}";
        }
        return null;
    }

    private async Task<(int Status, JsonNode Answer)> SendAsync(string method, string path, JsonNode? body, string type = "application/json")
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(KubernetesJson.Serialize(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsByteArrayAsync();
        return ((int)response.StatusCode, text is [(byte)'{', ..] ? JsonNode.Parse(text)! : JsonValue.Create(Encoding.UTF8.GetString(text)));
    }

    /// <summary>Takes out what differs from run to run.</summary>
    private static JsonNode? Normal(JsonNode? node, string? key = null)
    {
        switch (node)
        {
            case JsonObject o:
                var result = new JsonObject();
                foreach (var (name, value) in o)
                {
                    if (name is "uid" or "resourceVersion" or "creationTimestamp" or "time" or "selfLink" or "deletionTimestamp" || (name == "namespace" && key == "metadata")) continue;
                    result[name] = Normal(value, name);
                }
                return result;
            case JsonArray a: return new JsonArray([.. a.Select(x => Normal(x, key))]);
            case JsonValue v when v.TryGetValue(out string? text):
                if (key is "clusterIP" or "clusterIPs") return "<ip>";
                return Uuid().Replace(Time().Replace(Namespace().Replace(Address().Replace(text, "<ip>"), "<ns>"), "<time>"), "<uid>");
            default: return node?.DeepClone();
        }
    }

    /// <summary>What has no fixed order gets one: the causes of a conflict, and managedFields that differ in time only.</summary>
    private static JsonNode Settle(JsonNode answer)
    {
        if (answer is not JsonObject o) return answer;
        if (o.List("metadata", "managedFields") is { } entries) Sort(entries, "operation", "manager", "apiVersion", "subresource");
        if (o.List("details", "causes") is { } causes && o.Text("reason") == "Conflict") Sort(causes, "message", "field");
        return o;
    }

    private static void Sort(JsonArray list, params string[] fields)
    {
        var sorted = list.OrderBy(e => string.Join('\u0001', fields.Select(f => (e as JsonObject)?.Text(f))), StringComparer.Ordinal).ToList();
        list.Clear();
        foreach (var item in sorted) list.Add(item);
    }

    /// <summary>The JSON with its keys in order.</summary>
    private static string Text(JsonNode node)
    {
        static JsonNode? Ordered(JsonNode? n) => n switch
        {
            JsonObject o => new JsonObject(o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Ordered(m.Value)))),
            JsonArray a => new JsonArray([.. a.Select(Ordered)]),
            _ => n?.DeepClone(),
        };
        return Encoding.UTF8.GetString(KubernetesJson.Serialize(Ordered(node)!));
    }

    private static string Root(string resource) => resource switch
    {
        "networkpolicies" or "ingresses" => "/apis/networking.k8s.io/v1",
        "roles" => "/apis/rbac.authorization.k8s.io/v1",
        "things" => "/apis/random.example.com/v1",
        _ => "/api/v1",
    };

    private static string Type(string? patch) => patch switch
    {
        "merge" => "application/merge-patch+json",
        "strategic" => "application/strategic-merge-patch+json",
        "json" => "application/json-patch+json",
        "apply" => "application/apply-patch+yaml",
        _ => "application/json",
    };

    private static IEnumerable<JsonObject> Rows(string table)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Tables, table)), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(line));
    }

    private static string FindTables()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            var folder = Path.Combine(d.FullName, "tests", "Mobula.Kubernetes.Tests", "testdata");
            if (Directory.Exists(folder)) return folder;
        }
        throw new InvalidOperationException("tests/Mobula.Kubernetes.Tests/testdata is in no folder above the tests");
    }

    [GeneratedRegex(@"\b10\.96\.\d+\.\d+\b")]
    private static partial Regex Address();

    [GeneratedRegex(@"rnd-[a-z]+-\d+")]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")]
    private static partial Regex Time();

    [GeneratedRegex(@"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")]
    private static partial Regex Uuid();
}
