using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Tables;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.CustomResources;

/// <summary>The table of a custom resource, by the printer columns of its definition.</summary>
internal static class CustomTables
{
    public static TableFormat Make(JsonObject version)
    {
        var columns = version.Objects("additionalPrinterColumns").ToList();
        if (columns.Count == 0)
        {
            return new([TableColumn.ObjectName, new("Age", "date", AgeDescription)], (o, now) => new JsonArray(o.Name, Ages.Of(o, now)));
        }
        var paths = columns.Select(c => JsonPath.Parse(c.Text("jsonPath") ?? "")).ToList();
        var types = columns.Select(c => c.Text("type") ?? "string").ToList();
        return new(
            [TableColumn.ObjectName, .. columns.Select(c => new TableColumn(
                c.Text("name") ?? "", c.Text("type") ?? "string",
                c.Text("description") ?? $"Custom resource definition column (in JSONPath format): {c.Text("jsonPath")}", (int)(c.Integer("priority") ?? 0), c.Text("format") ?? ""))],
            (o, now) =>
            {
                var cells = new JsonArray(o.Name);
                for (var i = 0; i < paths.Count; i++) cells.Add(Cell(paths[i].Find(o), types[i], now));
                return cells;
            });
    }

    private const string AgeDescription = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

    private static JsonNode? Cell(IReadOnlyList<JsonNode?> found, string type, DateTimeOffset now)
    {
        if (found.Count == 0 || found[0] is not { } value) return null;
        var kind = value.GetValueKind();
        switch (type)
        {
            case "integer":
                return kind == JsonValueKind.Number ? (long)double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : null;
            case "number":
                return kind == JsonValueKind.Number ? value.DeepClone() : null;
            case "boolean":
                return kind is JsonValueKind.True or JsonValueKind.False ? value.DeepClone() : null;
            case "date":
                return kind == JsonValueKind.String ? KubernetesTime.Parse(value.GetValue<string>()) is { } time ? Ages.Format(now - time) : "<invalid>" : null;
            default:
                return kind == JsonValueKind.String ? value.GetValue<string>() : string.Join(' ', found.Select(f => f?.ToJsonString()));
        }
    }
}
