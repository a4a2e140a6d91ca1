using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Conversations;

/// <summary>A recording of a real server: steps with their answers (the format: testdata/conversations/README.md).</summary>
public sealed class Conversation
{
    private readonly JsonObject _json;

    private Conversation(JsonObject json) => _json = json;

    public string Name => _json.Text("name")!;

    public string? Namespace => _json.Text("namespace");

    public JsonObject? Labels => _json.Object("labels");

    public IEnumerable<string> Cleanup => _json.Texts("cleanup");

    public IEnumerable<KeyValuePair<string, string>> Let => _json.TextMap("let");

    public IEnumerable<string> Generated => _json.Texts("generated");

    public bool WantsAudit => _json.Flag("audit") == true;

    public bool LiteralAddresses => _json.Flag("literalAddresses") == true;

    public IEnumerable<(string Pattern, string Replacement)> Masks =>
        _json.List("mask") is { } masks ? masks.Select(m => (m![0]!.GetValue<string>(), m[1]!.GetValue<string>())) : [];

    public IReadOnlyList<JsonObject> Steps => [.. _json.Objects("steps")];

    public static Conversation Read(string file) => new(KubernetesJson.ParseObject(File.ReadAllBytes(file)));
}
