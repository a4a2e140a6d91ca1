using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Serve;

/// <summary>Judges a configuration of Serve as Ray's schema does, in its words. Pure.</summary>
internal static class ServeConfiguration
{
    private const string Help = "For further information visit https://errors.pydantic.dev/2.14/v/";

    /// <summary>Why a configuration is refused; null when it is taken.</summary>
    public static string? Error(JsonNode? config)
    {
        if (config is not JsonObject o) return One("", "Input should be a valid dictionary or instance of ServeDeploySchema", "model_type", config);
        if (!o.ContainsKey("applications")) return One("applications", "Field required", "missing", config);
        if (o["applications"] is not JsonArray applications) return One("applications", "Input should be a valid list", "list_type", o["applications"]);
        var errors = new List<string>();
        foreach (var (i, application) in applications.Index())
        {
            if (application is not JsonObject fields) errors.Add(Entry($"applications.{i}", "Input should be a valid dictionary or instance of ServeApplicationSchema", "model_type", application));
            else errors.AddRange(Application($"applications.{i}", fields));
        }
        if (errors.Count == 0 && Duplicates(applications) is { } duplicates) errors.Add(Entry("applications", $"Value error, {duplicates}", "value_error", applications));
        return errors.Count == 0 ? null : $"{errors.Count} validation error{(errors.Count == 1 ? "" : "s")} for ServeDeploySchema\n{string.Join('\n', errors)}";
    }

    private static IEnumerable<string> Application(string place, JsonObject fields)
    {
        if (!fields.ContainsKey("import_path")) yield return Entry($"{place}.import_path", "Field required", "missing", fields);
        else if (fields.TextOrNull("import_path") is not { } path) yield return Entry($"{place}.import_path", "Input should be a valid string", "string_type", fields["import_path"]);
        else if (ImportPath(path) is { } wrong) yield return Entry($"{place}.import_path", $"Value error, {wrong}", "value_error", fields["import_path"]);
        if (fields["route_prefix"] is { } prefix)
        {
            if (fields.TextOrNull("route_prefix") is not { } text) yield return Entry($"{place}.route_prefix", "Input should be a valid string", "string_type", prefix);
            else if (Prefix(text) is { } wrong) yield return Entry($"{place}.route_prefix", $"Value error, {wrong}", "value_error", prefix);
        }
        foreach (var (i, deployment) in (fields["deployments"] as JsonArray ?? []).Index())
            if (deployment is not JsonObject d || !d.ContainsKey("name")) yield return Entry($"{place}.deployments.{i}.name", "Field required", "missing", deployment);
    }

    private static string? ImportPath(string path)
    {
        if (path.Contains(':', StringComparison.Ordinal))
        {
            if (path.Count(c => c == ':') > 1) return $"Got invalid import path \"{path}\". An import path may have at most one colon.";
            return path[0] == ':' || path[^1] == ':' ? $"Got invalid import path \"{path}\". An import path may not start or end with a colon." : null;
        }
        if (!path.Contains('.', StringComparison.Ordinal)) return $"Got invalid import path \"{path}\". An import path must contain at least on dot or colon separating the module (and potentially submodules) from the deployment graph. E.g.: \"module.deployment_graph\".";
        return path[0] == '.' || path[^1] == '.' ? $"Got invalid import path \"{path}\". An import path may not start or end with a dot." : null;
    }

    private static string? Prefix(string prefix)
    {
        if (prefix.Length == 0 || prefix[0] != '/') return $"Got \"{prefix}\" for route_prefix. Route prefix must start with \"/\".";
        if (prefix.Length > 1 && prefix[^1] == '/') return $"Got \"{prefix}\" for route_prefix. Route prefix cannot end with \"/\" unless the route prefix is \"/\".";
        return prefix.Contains('{', StringComparison.Ordinal) ? $"Got \"{prefix}\" for route_prefix. Route prefix cannot contain wildcards, so it cannot contain \"{{\" or \"}}\"." : null;
    }

    private static string? Duplicates(JsonArray applications)
    {
        var objects = applications.OfType<JsonObject>().ToArray();
        static IEnumerable<string> Twice(IEnumerable<string> values) => values.GroupBy(v => v).Where(g => g.Count() > 1).Select(g => $"\"{g.Key}\"");
        var routes = Twice(objects.Where(o => !o.ContainsKey("route_prefix") || o["route_prefix"] is not null).Select(o => o.Text("route_prefix", "/"))).ToArray();
        if (routes.Length > 0) return $"Found duplicate applications for route prefix {string.Join(", ", routes)}. Please ensure each application's route_prefix is unique.";
        var names = Twice(objects.Select(o => o.Text("name", "default"))).ToArray();
        return names.Length > 0 ? $"Found multiple configs for application {string.Join(", ", names)}. Please remove all duplicates." : null;
    }

    private static string One(string place, string text, string type, JsonNode? input) => $"1 validation error for ServeDeploySchema\n{Entry(place, text, type, input)}";

    private static string Entry(string place, string text, string type, JsonNode? input) =>
        $"{(place.Length > 0 ? place + "\n" : "")}  {text} [type={type}, input_value={Shorten(Python(input))}, input_type={TypeOf(input)}]\n    {Help}{type}";

    private static string Shorten(string text) => text.Length > 50 ? $"{text[..25]}...{text[^24..]}" : text;

    private static string TypeOf(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Object => "dict",
        JsonValueKind.Array => "list",
        JsonValueKind.String => "str",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Number => node.ToJsonString().Contains('.', StringComparison.Ordinal) ? "float" : "int",
        _ => "NoneType",
    };

    /// <summary>A value as Python's repr writes it.</summary>
    private static string Python(JsonNode? node)
    {
        var text = new StringBuilder();
        Write(text, node);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case null: text.Append("None"); break;
            case JsonObject o:
                text.Append('{');
                foreach (var (i, (name, value)) in o.Index())
                {
                    text.Append(i > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"'{name}': ");
                    Write(text, value);
                }
                text.Append('}');
                break;
            case JsonArray a:
                text.Append('[');
                foreach (var (i, value) in a.Index())
                {
                    if (i > 0) text.Append(", ");
                    Write(text, value);
                }
                text.Append(']');
                break;
            case JsonValue v when v.TryGetValue(out string? s): text.Append(s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal) ? $"\"{s}\"" : $"'{s.Replace("'", "\\'", StringComparison.Ordinal)}'"); break;
            case JsonValue v when v.TryGetValue(out bool b): text.Append(b ? "True" : "False"); break;
            default: text.Append(node.ToJsonString()); break;
        }
    }
}
