using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Hashing;

/// <summary>
/// The hash by which KubeRay tells whether a RayCluster's spec changed in a way that needs new pods: SHA-1 in base 32 over
/// the spec as Go writes it, without what may change in place (replica counts, workers to delete, tolerations, …).
/// </summary>
internal static class SpecHash
{
    private const string Base32Hex = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    /// <summary>The hash of a spec, 32 characters.</summary>
    public static string Compute(JsonObject spec)
    {
        var json = Write(WithoutMutableFields(spec));
        return Base32(SHA1.HashData(Encoding.UTF8.GetBytes(json)));
    }

    internal static string Write(JsonObject spec)
    {
        var output = new StringBuilder(2048);
        WriteObject(output, spec, "ray.RayClusterSpec");
        return output.ToString();
    }

    private static JsonObject WithoutMutableFields(JsonObject spec)
    {
        var copy = spec.Clone();
        copy.Remove("upgradeStrategy");
        RemoveScheduling(copy.Object("headGroupSpec"));
        foreach (var group in copy.Objects("workerGroupSpecs"))
        {
            RemoveScheduling(group);
            group.Remove("replicas");
            group.Remove("minReplicas");
            group.Remove("maxReplicas");
            group.Object("scaleStrategy")?.Remove("workersToDelete");
        }
        return copy;
    }

    private static void RemoveScheduling(JsonObject? group)
    {
        if (group?.Object("template", "spec") is not { } pod) return;
        pod.Remove("tolerations");
        pod.Remove("schedulingGates");
    }

    private static void WriteObject(StringBuilder output, JsonObject? o, string type)
    {
        output.Append('{');
        var first = true;
        foreach (var field in SpecFields.Of(type))
        {
            var value = o?[field.Name];
            if (!field.Always && IsEmpty(value, field.Type)) continue;
            if (!first) output.Append(',');
            first = false;
            GoJson.WriteString(output, field.Name);
            output.Append(':');
            WriteValue(output, value, field.Type);
        }
        output.Append('}');
    }

    private static bool IsEmpty(JsonNode? value, string type) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject map => map.Count == 0 && type is "m" or "mq",
        JsonValue scalar => type switch
        {
            "s" => scalar.GetValueKind() == JsonValueKind.String && scalar.GetValue<string>().Length == 0,
            "n" => scalar.ToJsonString() == "0",
            "b" => scalar.GetValueKind() == JsonValueKind.False,
            _ => false,
        },
        _ => false,
    };

    private static void WriteValue(StringBuilder output, JsonNode? value, string type)
    {
        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            WriteList(output, value as JsonArray, type[2..]);
            return;
        }
        switch (type)
        {
            case "s": GoJson.WriteString(output, value?.GetValue<string>() ?? ""); break;
            case "ps": WriteScalar(output, value, "null"); break;
            case "n" or "x": WriteScalar(output, value, "0"); break;
            case "b": WriteScalar(output, value, "false"); break;
            case "pn" or "pb": WriteScalar(output, value, "null"); break;
            case "q": GoJson.WriteString(output, Canonical(value)); break;
            case "m" or "mq": WriteMap(output, value as JsonObject, type == "mq"); break;
            case "a": output.Append(value?.ToJsonString() ?? "null"); break;
            default: WriteObject(output, value as JsonObject, type); break;
        }
    }

    private static void WriteList(StringBuilder output, JsonArray? list, string type)
    {
        if (list is null)
        {
            output.Append("null");
            return;
        }
        output.Append('[');
        for (var i = 0; i < list.Count; i++)
        {
            if (i > 0) output.Append(',');
            WriteValue(output, list[i], type);
        }
        output.Append(']');
    }

    private static void WriteMap(StringBuilder output, JsonObject? map, bool quantities)
    {
        if (map is null)
        {
            output.Append("null");
            return;
        }
        output.Append('{');
        var first = true;
        foreach (var (key, value) in map.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (!first) output.Append(',');
            first = false;
            GoJson.WriteString(output, key);
            output.Append(':');
            if (quantities) GoJson.WriteString(output, Canonical(value));
            else WriteScalar(output, value, "\"\"");
        }
        output.Append('}');
    }

    private static void WriteScalar(StringBuilder output, JsonNode? value, string zero)
    {
        if (value is null) output.Append(zero);
        else if (value.GetValueKind() == JsonValueKind.String) GoJson.WriteString(output, value.GetValue<string>());
        else output.Append(value.ToJsonString());
    }

    /// <summary>Go reads a quantity and writes its canonical form: <c>1000m</c> becomes <c>1</c>.</summary>
    private static string Canonical(JsonNode? value)
    {
        var text = value is null ? "0" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
        return Quantity.TryParse(text, out var quantity) ? quantity.ToString() : text;
    }

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        var output = new StringBuilder(32);
        var (buffer, bits) = (0, 0);
        foreach (var b in bytes)
        {
            buffer = (buffer << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                output.Append(Base32Hex[(buffer >> (bits - 5)) & 31]);
                bits -= 5;
            }
            buffer &= (1 << bits) - 1;
        }
        return output.ToString();
    }
}
