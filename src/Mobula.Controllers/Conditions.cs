using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers;

/// <summary>The list <c>status.conditions</c> of an object.</summary>
internal static class Conditions
{
    public static JsonObject? Find(JsonObject o, string type) => o.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == type);

    public static bool IsTrue(JsonObject o, string type) => Find(o, type)?.Text("status") == "True";

    public static JsonObject? Find(IEnumerable<JsonObject> conditions, string type) => conditions.FirstOrDefault(c => c.Text("type") == type);
}
