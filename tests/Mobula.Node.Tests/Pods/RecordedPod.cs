using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.Node.Tests.Pods;

/// <summary>A pod that was run on a real kubelet, with what became of it.</summary>
internal sealed partial record RecordedPod(JsonObject Json)
{
    public static IReadOnlyList<RecordedPod> All { get; } =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "testdata", "kubelet", "pods.jsonl")).Select(l => new RecordedPod((JsonObject)JsonNode.Parse(l)!))];

    public string Name => Json.Text("name")!;

    public JsonObject Pod => Json.Object("pod")!;

    public JsonObject Final => Json.Object("final")!;

    public IReadOnlyList<JsonObject> Timeline => [.. Json.Objects("timeline")];

    /// <summary>When the last change was seen, in seconds.</summary>
    public double LastAt => Timeline.Count == 0 ? 0 : Number(Timeline[^1]["at"]);

    public bool EndsDeleted => Timeline.Count > 0 && Timeline[^1].Text("event") == "DELETED";

    public IReadOnlyList<(double At, string What, JsonNode? Out)> Actions => [.. Json.Objects("logs").Select(l => (Number(l["at"]), l.Text("what")!, l["out"]))];

    public static double Number(JsonNode? node) => node is null ? 0 : double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Each different event once, in the order in which they first came.</summary>
    public IReadOnlyList<string> Events => Distinct(Json.Objects("events").Where(e => e.Text("reason") != "Scheduled")
        .Select(e => (e.Text("fieldPath"), e.Text("type")!, e.Text("reason")!, e.Text("message")!)));

    public static IReadOnlyList<string> Distinct(IEnumerable<(string? FieldPath, string Type, string Reason, string Message)> events) =>
        [.. events.Select(e => $"{e.Type} {e.Reason} {e.FieldPath}: {Words(e.Message)}").Distinct()];

    /// <summary>What chance and the runtime's version decide, taken out of a status.</summary>
    public static JsonNode Normalise(JsonNode node)
    {
        var copy = node.DeepClone();
        Walk(copy);
        return copy;
    }

    /// <summary>The same for a text.</summary>
    public static string Words(string text)
    {
        text = Uid().Replace(text, "<uid>");
        text = text.Replace("failed to resolve reference", "failed to resolve image", StringComparison.Ordinal);
        text = ResolvedName().Replace(text, "failed to resolve image:");
        text = RuncText().Replace(text, "<runc> ");
        if (text.EndsWith(": unknown", StringComparison.Ordinal)) text = text[..^": unknown".Length];
        text = text.Replace("Head \"http://localhost", "Head \"https://localhost", StringComparison.Ordinal);
        text = text.Replace("(combined from similar events): ", "", StringComparison.Ordinal);
        text = HexId().Replace(text, "<id>");
        text = MemoryCapacity().Replace(text, "capacity: <memory>");
        text = Duration().Replace(text, "in <duration> (<duration> including waiting)");
        text = OwnNamespace().Replace(text, "ns/");
        text = Pods().Replace(text, "_ns(<uid>)");
        text = Dial().Replace(text, "dial tcp <ip>:");
        // containerd before 2 asks a registry on this host without TLS first.
        if (text.Contains("Head \"https://localhost", StringComparison.Ordinal)) text = text.Replace("dial tcp <ip>:80:", "dial tcp <ip>:443:", StringComparison.Ordinal);
        return Address().Replace(text, "<ip>");
    }

    private static void Walk(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (name, value) in o.ToList())
                {
                    if (value is JsonValue v && v.GetValueKind() == System.Text.Json.JsonValueKind.String)
                    {
                        var text = v.GetValue<string>();
                        o[name] = name switch
                        {
                            "startTime" or "startedAt" or "finishedAt" or "lastTransitionTime" => "<time>",
                            "containerID" => "<id>",
                            "imageID" => text.Length == 0 ? "" : "<image>",
                            "podIP" or "hostIP" or "ip" => "<ip>",
                            "name" when text.StartsWith("kube-api-access-", StringComparison.Ordinal) => "kube-api-access",
                            "message" => Words(text),
                            _ => text,
                        };
                    }
                    else
                    {
                        Walk(value);
                    }
                }
                break;
            case JsonArray list:
                foreach (var item in list) Walk(item);
                break;
        }
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uid();

    [GeneratedRegex("failed to resolve image \"[^\"]*\":")]
    private static partial Regex ResolvedName();

    [GeneratedRegex("(failed to create containerd task: )?failed to create shim task: OCI runtime create failed: runc create failed: (unable to start container process: )?")]
    private static partial Regex RuncText();

    [GeneratedRegex("\\brun-[a-z0-9-]+/")]
    private static partial Regex OwnNamespace();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex HexId();

    [GeneratedRegex(@"capacity: \d{9,}")]
    private static partial Regex MemoryCapacity();

    [GeneratedRegex(@"in \S+ \(\S+ including waiting\)")]
    private static partial Regex Duration();

    [GeneratedRegex(@"_[a-z0-9-]+\(<uid>\)")]
    private static partial Regex Pods();

    [GeneratedRegex(@"dial tcp (\[[0-9a-f:]+\]|[0-9.]+|<ip>):")]
    private static partial Regex Dial();

    [GeneratedRegex(@"\b10\.(24[0-9]|23[0-9]|22[0-9])\.\d+\.\d+\b|<nodeip>")]
    private static partial Regex Address();
}
