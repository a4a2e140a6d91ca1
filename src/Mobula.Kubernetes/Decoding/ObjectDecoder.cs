using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;
using Mobula.Kubernetes.Yaml;

namespace Mobula.Kubernetes.Decoding;

/// <summary>What is done about unknown and duplicate fields (the query parameter <c>fieldValidation</c>).</summary>
public enum FieldValidation
{
    /// <summary>They are dropped silently.</summary>
    Ignore,

    /// <summary>They are dropped, and each is told in a warning.</summary>
    Warn,

    /// <summary>They are refused.</summary>
    Strict,
}

/// <summary>An object read from a request.</summary>
/// <param name="Object">The object: typed form for built-in kinds; pruned and with typed metadata for custom ones, without defaults.</param>
/// <param name="Warnings">Unknown and duplicate fields, when they are to be warned of.</param>
public sealed record DecodedObject(JsonObject Object, IReadOnlyList<string> Warnings);

/// <summary>Reads the objects that requests carry, checks them against their schema, and words what is wrong as a Kubernetes server does.</summary>
public static class ObjectDecoder
{
    /// <summary>Reads an object of a built-in or custom kind.</summary>
    /// <param name="body">JSON, or YAML when <paramref name="yaml"/> is set.</param>
    /// <param name="yaml">Whether the body is YAML.</param>
    /// <param name="kind">The type that is expected; it fills in an absent <c>apiVersion</c> and <c>kind</c>.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="custom">Whether the kind is a custom resource.</param>
    /// <param name="validation">What is done about unknown and duplicate fields.</param>
    /// <exception cref="StatusException">400 with Kubernetes' message.</exception>
    public static DecodedObject Decode(
        ReadOnlySpan<byte> body, bool yaml, GroupVersionKind kind, TypeSchema schema, bool custom, FieldValidation validation)
    {
        var problems = new List<string>();
        var duplicates = new List<(JsonObject, string)>();
        var node = Parse(body, yaml, kind, duplicates, problems);
        if (node is not JsonObject obj) throw StatusErrors.BadRequest($"{NotAnObject(node, kind)} ({Excerpt(body)})");
        CheckType(obj, body, kind, custom);
        try
        {
            var found = Shape(obj, schema, custom, duplicates);
            problems.AddRange(found);
        }
        catch (TypeMismatchException e)
        {
            throw StatusErrors.BadRequest($"{Sent(obj)} in version {GoText.Quote(SentVersion(obj))} cannot be handled as a {kind.Kind}: {e.Message}");
        }
        if (validation == FieldValidation.Strict && problems.Count > 0)
        {
            var joined = string.Join(", ", yaml ? problems.Select(YamlStrict) : problems);
            throw StatusErrors.BadRequest(
                $"{Sent(obj)} in version {GoText.Quote(SentVersion(obj))} cannot be handled as a {kind.Kind}: strict decoding error: {joined}");
        }
        return new(obj, validation == FieldValidation.Warn ? problems : []);
    }

    /// <summary>
    /// Brings an object that is a tree already (a patched one) into form.
    /// </summary>
    /// <returns>Unknown and duplicate fields.</returns>
    /// <exception cref="TypeMismatchException">A value does not fit its type.</exception>
    public static IReadOnlyList<string> Shape(
        JsonObject obj, TypeSchema schema, bool custom, IReadOnlyCollection<(JsonObject, string)>? duplicates = null,
        bool fromStrategicPatch = false)
    {
        if (!custom)
        {
            TypedForm.Apply(schema, obj, out var found, duplicates, fromStrategicPatch);
            return found;
        }
        var problems = new List<string>();
        foreach (var (owner, name) in duplicates ?? []) problems.Add($"duplicate field {GoText.Quote(PathOf(owner, name))}");
        CustomResourceForm.ReadMetadata(obj, problems);
        if (!schema.PreserveUnknownFields) problems.AddRange(CustomResourceForm.Prune(schema, obj).Select(p => $"unknown field {GoText.Quote(p)}"));
        CustomResourceForm.ReadEmbeddedMetadata(schema, obj, problems);
        return problems;
    }

    private static JsonNode? Parse(
        ReadOnlySpan<byte> body, bool yaml, GroupVersionKind kind, List<(JsonObject, string)> duplicates, List<string> problems)
    {
        try
        {
            if (!yaml) return JsonText.Parse(body, duplicates);
            return ReadYaml(body, problems);
        }
        catch (YamlSyntaxException e)
        {
            throw StatusErrors.BadRequest(
                $"error converting YAML to JSON: {GoYaml(e)}");
        }
        catch (FormatException e)
        {
            throw StatusErrors.BadRequest(
                $"the object provided is unrecognized (must be of type {kind.Kind}): couldn't get version/kind; json parse error: {e.Message} ({Excerpt(body)})");
        }
    }

    /// <summary>Reads the body of an apply patch, which is YAML.</summary>
    /// <exception cref="StatusException">400: it is no YAML, or no object.</exception>
    public static JsonObject ReadApplyPatch(ReadOnlySpan<byte> body)
    {
        try
        {
            return ReadYaml(body, []) as JsonObject ?? throw StatusErrors.BadRequest("error decoding YAML: an object is expected");
        }
        catch (YamlSyntaxException e)
        {
            throw StatusErrors.BadRequest($"error encoding patch: {GoYaml(e)}");
        }
    }

    /// <summary>A syntax error as Go's reader tells it: the line is left out when it is the first.</summary>
    private static string GoYaml(YamlSyntaxException e)
    {
        // The readers agree on what is found, not on how they tell what they were doing.
        var problem = e.Problem.TrimEnd('.');
        problem = problem[(problem.LastIndexOf(", ", StringComparison.Ordinal) is var comma and >= 0 ? comma + 2 : 0)..];
        if (problem == "found invalid mapping") problem = "mapping values are not allowed in this context";
        if (problem.Length > 0) problem = char.ToLowerInvariant(problem[0]) + problem[1..];
        return e.Position.Line > 1 ? $"yaml: line {e.Position.Line}: {problem}" : $"yaml: {problem}";
    }

    /// <summary>Reads the first YAML document of a body, as a server does.</summary>
    /// <param name="body">The text.</param>
    /// <param name="problems">Takes the keys that stand in one map more than once.</param>
    /// <exception cref="YamlSyntaxException">It is no YAML.</exception>
    public static JsonNode? ReadYaml(ReadOnlySpan<byte> body, ICollection<string> problems)
    {
        var source = YamlSource.Read(Encoding.UTF8.GetString(body));
        if (source.Error is { } error) throw error;
        if (source.Documents is not [var document, ..]) return null;
        var keys = new List<DuplicateKey>();
        var root = YamlJson.Convert(document, keys);
        foreach (var (key, position) in keys) problems.Add($"line {position.Line}: key {GoText.Quote(key)} already set in map");
        return root;
    }

    private static void CheckType(JsonObject obj, ReadOnlySpan<byte> body, GroupVersionKind kind, bool custom)
    {
        foreach (var name in (string[])["apiVersion", "kind"])
        {
            if (obj[name] is not { } value || value.GetValueKind() == JsonValueKind.String) continue;
            var found = value switch { JsonObject => "object", JsonArray => "array", _ => value.GetValueKind() == JsonValueKind.Number ? "number" : "bool" };
            throw StatusErrors.BadRequest(
                $"the object provided is unrecognized (must be of type {kind.Kind}): couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go struct field .{name} of type string ({Excerpt(body)})");
        }
        var apiVersion = obj.ApiVersion;
        if (apiVersion.Count(c => c == '/') > 1)
        {
            throw StatusErrors.BadRequest(
                $"the object provided is unrecognized (must be of type {kind.Kind}): unexpected GroupVersion string: {apiVersion} ({Excerpt(body)})");
        }
        if (custom && obj.Kind.Length == 0)
        {
            throw StatusErrors.BadRequest(
                $"the object provided is unrecognized (must be of type {kind.Kind}): Object 'Kind' is missing in '{Encoding.UTF8.GetString(body)}' ({Excerpt(body)})");
        }
        if (!custom && apiVersion.Length == 0) obj["apiVersion"] = apiVersion = kind.ApiVersion;
        if (obj.Kind.Length == 0) obj["kind"] = kind.Kind;
        if (apiVersion != kind.ApiVersion)
        {
            throw StatusErrors.BadRequest(
                $"the API version in the data ({apiVersion}) does not match the expected API version ({kind.ApiVersion})");
        }
        if (obj.Kind == kind.Kind) return;
        if (custom)
        {
            throw StatusErrors.Invalid(kind with { Kind = obj.Kind }, obj.Name, [FieldError.Invalid(FieldPath.Of("kind"), obj.Kind, $"must be {kind.Kind}")]);
        }
        var known = BuiltInSchemas.Find(new(kind.Group, kind.Version, obj.Kind)) is not null;
        throw StatusErrors.BadRequest($"{obj.Kind} in version {GoText.Quote(kind.Version)} cannot be handled as a {kind.Kind}: " + (known
            ? $"converting ({kind.Version}.{obj.Kind}) to ({(kind.Group.Length == 0 ? "core" : kind.Group.Split('.')[0])}.{kind.Kind}): unknown conversion"
            : $"no kind \"{obj.Kind}\" is registered for version \"{kind.ApiVersion}\" in scheme \"pkg/runtime/scheme.go:111\""));
    }

    private static string NotAnObject(JsonNode? node, GroupVersionKind kind)
    {
        var found = node switch
        {
            null => "null",
            JsonArray => "array",
            _ => node.GetValueKind() switch { JsonValueKind.String => "string", JsonValueKind.Number => "number", _ => "bool" },
        };
        return $"the object provided is unrecognized (must be of type {kind.Kind}): couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}";
    }

    /// <summary>The beginning of what was sent, as the server quotes it: JSON as it is, else in hexadecimal digits.</summary>
    private static string Excerpt(ReadOnlySpan<byte> body)
    {
        const int shown = 30;
        if (body.IsEmpty) return "<empty>";
        var start = body.Length > shown ? body[..shown] : body;
        var text = body[0] == (byte)'{' ? Encoding.UTF8.GetString(start) : Convert.ToHexStringLower(start);
        return body.Length > shown ? $"{text} ..." : text;
    }

    private static string Sent(JsonObject obj) => obj.Kind;

    private static string SentVersion(JsonObject obj) => obj.GroupVersionKind.Version;

    /// <summary>Under Strict the YAML decoder's errors come with its own heading.</summary>
    private static string YamlStrict(string problem) =>
        problem.StartsWith("line ", StringComparison.Ordinal) ? $"yaml: unmarshal errors:\n  {problem}" : problem;

    private static string PathOf(JsonNode owner, string name)
    {
        var path = owner.GetPath();
        return path is "$" ? name : $"{path[2..]}.{name}";
    }
}
