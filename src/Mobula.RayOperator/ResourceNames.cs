using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.RayOperator;

/// <summary>Reads the resources of containers.</summary>
internal static partial class ResourceNames
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string Tpu = "google.com/tpu";

    /// <summary>Whether a resource counts as a GPU: its name ends in <c>gpu</c>, or it is a slice of an NVIDIA one.</summary>
    public static bool IsGpu(string name) => name.EndsWith("gpu", StringComparison.Ordinal) || MigSlice().IsMatch(name);

    /// <summary>A quantity at a path; null where there is none.</summary>
    public static Quantity? Amount(this JsonObject o, params ReadOnlySpan<string> path) => Read(o.At(path));

    /// <summary>Reads a quantity written as text or number.</summary>
    public static Quantity? Read(JsonNode? node) =>
        node is JsonValue value
        && Quantity.TryParse(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(), out var quantity)
            ? quantity
            : null;

    [GeneratedRegex(@"nvidia\.com/mig-\d+g\.\d+gb$")]
    private static partial Regex MigSlice();
}
