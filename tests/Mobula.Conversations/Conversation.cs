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

    /// <summary>The conversation with a webhook at another port and of another authority than the recorded one.</summary>
    public Conversation WithWebhook(int port, string certificateAuthority)
    {
        if (_json.Text("let", "hook") is not { } recorded) return this;
        var text = System.Text.Encoding.UTF8.GetString(_json.ToUtf8()).Replace($":{new Uri(recorded).Port}/", $":{port}/", StringComparison.Ordinal)
            .Replace(_json.Text("let", "ca")!, certificateAuthority, StringComparison.Ordinal);
        var json = KubernetesJson.ParseObject(System.Text.Encoding.UTF8.GetBytes(text));
        json.Ensure("let")["hook"] = $"https://127.0.0.1:{port}";
        json.Ensure("let")["ca"] = certificateAuthority;
        return new(json);
    }
}
