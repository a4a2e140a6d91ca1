using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Compares JSON values by what they say, as <see cref="JsonNode.DeepEquals"/> does: a set of them finds an equal one at once.</summary>
internal sealed class JsonNodeComparer : IEqualityComparer<JsonNode?>
{
    /// <summary>The only one.</summary>
    public static JsonNodeComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(JsonNode? x, JsonNode? y) => JsonNode.DeepEquals(x, y);

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] JsonNode? node) => Hash(node);

    private static int Hash(JsonNode? node) => node switch
    {
        null => 0,
        // The order of members says nothing, so neither may it change the sum.
        JsonObject o => o.Aggregate(1, (sum, member) => unchecked(sum + HashCode.Combine(member.Key, Hash(member.Value)))),
        JsonArray a => a.Aggregate(2, (sum, item) => HashCode.Combine(sum, Hash(item))),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => HashCode.Combine(3, node.GetValue<string>()),
            // 1, 1.0 and 1e0 are one number.
            JsonValueKind.Number => HashCode.Combine(4, double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
            var kind => (int)kind,
        },
    };
}
