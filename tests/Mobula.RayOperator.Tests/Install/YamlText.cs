using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Mobula.RayOperator.Tests.Install;

/// <summary>Writes objects as YAML for the files in <c>deploy/</c>: block style, but schemas and rules in one line each, for they are long.</summary>
internal static partial class YamlText
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IEnumerable<JsonObject> objects)
    {
        var output = new StringBuilder();
        foreach (var o in objects)
        {
            if (output.Length > 0) output.Append("---\n");
            WriteObject(output, o, "");
        }
        return output.ToString();
    }

    private static void WriteObject(StringBuilder output, JsonObject o, string indent, bool first = false)
    {
        foreach (var (key, value) in o)
        {
            output.Append(first ? "" : indent).Append(Scalar(key)).Append(':');
            first = false;
            switch (value)
            {
                case JsonObject { Count: > 0 } child when key != "openAPIV3Schema":
                    output.Append('\n');
                    WriteObject(output, child, indent + "  ");
                    break;
                case JsonArray { Count: > 0 } list when key != "rules" && list[0] is JsonObject:
                    output.Append('\n');
                    foreach (var item in list)
                    {
                        output.Append(indent).Append("- ");
                        WriteObject(output, (JsonObject)item!, indent + "  ", first: true);
                    }
                    break;
                case JsonArray rules when key == "rules":
                    output.Append('\n');
                    foreach (var rule in rules) output.Append(indent).Append("- ").Append(rule!.ToJsonString(Relaxed)).Append('\n');
                    break;
                case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                    output.Append(' ').Append(Scalar(scalar.GetValue<string>())).Append('\n');
                    break;
                default:
                    output.Append(' ').Append(value?.ToJsonString(Relaxed) ?? "null").Append('\n');
                    break;
            }
        }
    }

    private static string Scalar(string text) => Plain().IsMatch(text) && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off") ? text : JsonValue.Create(text).ToJsonString(Relaxed);

    [GeneratedRegex(@"\A[A-Za-z_./][A-Za-z0-9_./ -]*(:[A-Za-z0-9_./-]+)*\z")]
    private static partial Regex Plain();
}
