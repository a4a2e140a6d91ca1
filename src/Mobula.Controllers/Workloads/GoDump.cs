using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.Controllers.Workloads;

/// <summary>
/// Writes an object as a dump of the Go structure that Kubernetes holds it in: names and types of all fields, unset ones
/// too. Hashes are taken over it, so that every character counts.
/// </summary>
internal static class GoDump
{
    private const string Nil = "<nil>";
    private const string ResourceMap = "v1.ResourceList";

    /// <summary>The dump of a structure, for example of <c>v1.PodTemplateSpec</c>.</summary>
    public static string Of(JsonObject o, string type)
    {
        var output = new StringBuilder(4096);
        Write(output, o, type, showType: true);
        return output.ToString();
    }

    private static void Write(StringBuilder output, JsonNode? value, string type, bool showType)
    {
        if (showType) output.Append('(').Append(type).Append(')');
        if (type[0] == '*')
        {
            if (value is null)
            {
                output.Append(Nil);
                return;
            }
            if (!showType) output.Append("<*>");
            Write(output, value, type[1..], showType: false);
        }
        else if (type.StartsWith("[]", StringComparison.Ordinal)) WriteList(output, value as JsonArray, type[2..]);
        else if (type == ResourceMap) WriteMap(output, value as JsonObject, GoQuantity.Type);
        else if (type.StartsWith("map[", StringComparison.Ordinal)) WriteMap(output, value as JsonObject, type[(type.IndexOf(']', StringComparison.Ordinal) + 1)..]);
        else if (GoTypes.Fields(type) is { } fields) WriteStructure(output, value as JsonObject, fields);
        else WriteScalar(output, value, type);
    }

    private static void WriteStructure(StringBuilder output, JsonObject? o, GoField[] fields)
    {
        output.Append('{');
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0) output.Append(' ');
            output.Append(fields[i].GoName).Append(':');
            Write(output, fields[i].JsonName.Length == 0 ? o : o?[fields[i].JsonName], fields[i].Type, showType: true);
        }
        output.Append('}');
    }

    private static void WriteList(StringBuilder output, JsonArray? list, string type)
    {
        // What travels as protobuf comes without empty lists and maps.
        if (list is not { Count: > 0 })
        {
            output.Append(Nil);
            return;
        }
        output.Append('[');
        for (var i = 0; i < list.Count; i++)
        {
            if (i > 0) output.Append(' ');
            Write(output, list[i], type, showType: false);
        }
        output.Append(']');
    }

    private static void WriteMap(StringBuilder output, JsonObject? map, string type)
    {
        if (map is not { Count: > 0 })
        {
            output.Append(Nil);
            return;
        }
        output.Append("map[");
        var first = true;
        foreach (var (key, value) in map.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (!first) output.Append(' ');
            first = false;
            output.Append(key).Append(':');
            Write(output, value, type, showType: false);
        }
        output.Append(']');
    }

    private static void WriteScalar(StringBuilder output, JsonNode? value, string type)
    {
        switch (type)
        {
            case "v1.Time": output.Append("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"); break;
            case GoQuantity.Type: GoQuantity.Write(output, Text(value)); break;
            case "intstr.IntOrString":
                var isText = value?.GetValueKind() == JsonValueKind.String;
                output.Append(isText ? "{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)" : "{Type:(intstr.Type)0 IntVal:(int32)");
                output.Append(isText ? Text(value) : $"{Text(value) ?? "0"} StrVal:(string)").Append('}');
                break;
            case "bool": output.Append(Text(value) ?? "false"); break;
            case "int32" or "int64": output.Append(Text(value) ?? "0"); break;
            default: output.Append(Text(value)); break;
        }
    }

    private static string? Text(JsonNode? value) => value is null ? null : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
