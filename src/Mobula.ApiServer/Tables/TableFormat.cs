using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>A column of a Table.</summary>
/// <param name="Name">The head.</param>
/// <param name="Type">The OpenAPI type of the cells.</param>
/// <param name="Description">What it tells.</param>
/// <param name="Priority">0 is always shown, others when asked for (<c>-o wide</c>).</param>
/// <param name="Format">The OpenAPI format, or empty.</param>
internal sealed record TableColumn(string Name, string Type, string Description, int Priority = 0, string Format = "")
{
    private const string NameDescription = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

    public static TableColumn ObjectName { get; } = new("Name", "string", NameDescription, 0, "name");

    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["type"] = Type,
        ["format"] = Format,
        ["description"] = Description,
        ["priority"] = Priority,
    };
}

/// <summary>How the objects of a resource become rows.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Cells">The cells of an object, one for each column.</param>
internal sealed record TableFormat(IReadOnlyList<TableColumn> Columns, Func<JsonObject, DateTimeOffset, JsonArray> Cells)
{
    /// <summary>Name and time of creation: what resources without columns of their own have.</summary>
    public static TableFormat Default { get; } = new(
        [TableColumn.ObjectName, new("Created At", "date", "CreationTimestamp is a timestamp representing the server time when this object was created.")],
        (o, _) => new JsonArray(o.Name, o.Text("metadata", "creationTimestamp") ?? ""));
}
