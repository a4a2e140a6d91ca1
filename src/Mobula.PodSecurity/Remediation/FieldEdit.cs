using System.Text.Json.Nodes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Remediation;

/// <summary>A field to set. A path that ends in an index one past a list's end appends to the list.</summary>
/// <param name="Path">Where; parents that are absent are made.</param>
/// <param name="Value">The value.</param>
public sealed record FieldEdit(FieldPath Path, JsonNode Value)
{
    /// <summary>Sets the field in an object.</summary>
    /// <exception cref="InvalidOperationException">The path leads through something that is neither object nor list.</exception>
    public void Apply(JsonObject root)
    {
        JsonNode node = root;
        for (var i = 0; i < Path.Steps.Count - 1; i++)
        {
            var next = (node, Path.Steps[i]) switch
            {
                (JsonObject o, string name) => o[name] ??= Path.Steps[i + 1] is int ? new JsonArray() : new JsonObject(),
                (JsonArray list, int index) when index < list.Count => list[index],
                _ => null,
            };
            node = next ?? throw new InvalidOperationException($"{Path} leads nowhere");
        }
        switch (node, Path.Steps[^1])
        {
            case (JsonObject o, string name):
                o[name] = Value.DeepClone();
                break;
            case (JsonArray list, int index) when index == list.Count:
                list.Add(Value.DeepClone());
                break;
            case (JsonArray list, int index) when index < list.Count:
                list[index] = Value.DeepClone();
                break;
            default:
                throw new InvalidOperationException($"{Path} leads nowhere");
        }
    }
}
