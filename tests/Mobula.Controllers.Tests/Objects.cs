using System.Text.Json.Nodes;

namespace Mobula.Controllers.Tests;

/// <summary>Objects for tests, from JSON text.</summary>
internal static class Objects
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;

    public static JsonObject Pod(string name, string phase = "Running", bool ready = false, string? node = "n", string labels = """{"app":"a"}""", string spec = "") => Json($$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"ns","uid":"uid-{{name}}","labels":{{labels}},"creationTimestamp":"2026-01-02T00:00:00Z"},
         "spec":{ {{(node is null ? "" : $"\"nodeName\":\"{node}\",")}} "containers":[{"name":"c","image":"i"}] {{spec}} },
         "status":{"phase":"{{phase}}","conditions":[{"type":"Ready","status":"{{(ready ? "True" : "False")}}","lastTransitionTime":"2026-01-02T00:00:00Z"}]} }
        """);
}
