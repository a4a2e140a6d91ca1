using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Patches;

/// <summary>The patches that leave ownership to the caller (server-side apply is <see cref="Apply.FieldManager"/>).</summary>
public enum ObjectPatchType
{
    /// <summary><c>application/json-patch+json</c>.</summary>
    Json,

    /// <summary><c>application/merge-patch+json</c>.</summary>
    Merge,

    /// <summary><c>application/strategic-merge-patch+json</c>; built-in kinds only.</summary>
    Strategic,
}

/// <summary>Applies the body of a PATCH request to an object and brings the result into form, with a server's errors.</summary>
public static class ObjectPatch
{
    private const int MaximumOperations = 10000;

    /// <summary>Applies a patch.</summary>
    /// <param name="type">The kind of patch.</param>
    /// <param name="body">The body of the request: JSON.</param>
    /// <param name="current">The object as it is; it is left alone.</param>
    /// <param name="kind">Its type.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="custom">Whether it is a custom resource.</param>
    /// <param name="validation">What is done about unknown and duplicate fields.</param>
    /// <returns>The patched object in form (defaults not filled in), and warnings.</returns>
    /// <exception cref="StatusException">As a Kubernetes server answers.</exception>
    public static DecodedObject Apply(
        ObjectPatchType type, ReadOnlySpan<byte> body, JsonObject current, GroupVersionKind kind, TypeSchema schema, bool custom, FieldValidation validation)
    {
        var problems = new List<string>();
        var (patched, shown) = type switch
        {
            ObjectPatchType.Json => ApplyJson(body, current, problems),
            ObjectPatchType.Merge => ApplyMerge(body, current, problems),
            _ => ApplyStrategic(body, current, schema, problems),
        };
        if (custom && patched.ApiVersion == kind.ApiVersion && patched.Kind != kind.Kind && patched.Kind.Length > 0)
        {
            throw StatusErrors.Invalid(kind with { Kind = patched.Kind }, patched.Name, [FieldError.Invalid(FieldPath.Of("kind"), patched.Kind, $"must be {kind.Kind}")]);
        }
        if (custom && patched.ApiVersion.Length == 0) throw StatusErrors.InternalError("Object 'apiVersion' is missing in 'object has no apiVersion field'");
        if (patched.ApiVersion != kind.ApiVersion || patched.Kind != kind.Kind) CheckType(patched, kind, shown ?? Show(patched, custom));
        var text = shown ?? Show(patched, custom);
        try
        {
            problems.AddRange(ObjectDecoder.Shape(patched, schema, custom, fromStrategicPatch: type == ObjectPatchType.Strategic));
        }
        catch (TypeMismatchException e)
        {
            throw Refuse(text, e.Message);
        }
        if (validation == FieldValidation.Strict && problems.Count > 0) throw Refuse(text, $"strict decoding error: {string.Join(", ", problems)}");
        return new(patched, validation == FieldValidation.Warn ? problems : []);
    }

    private static (JsonObject, string?) ApplyJson(ReadOnlySpan<byte> body, JsonObject current, List<string> problems)
    {
        JsonNode? node;
        try
        {
            node = JsonText.Parse(body);
        }
        catch (FormatException)
        {
            throw StatusErrors.BadRequest("invalid JSON patch");
        }
        if (node is not JsonArray operations)
        {
            throw StatusErrors.BadRequest($"error decoding patch: json: cannot unmarshal {KindOf(node)} into Go value of type []handlers.jsonPatchOp");
        }
        if (operations.Count > MaximumOperations)
        {
            throw new StatusException(413, "RequestEntityTooLarge",
                $"The allowed maximum operations in a JSON patch is {MaximumOperations}, got {operations.Count}");
        }
        foreach (var (i, operation) in operations.Index())
        {
            if (operation is not JsonObject map)
            {
                if (operation is null) continue;
                throw StatusErrors.BadRequest($"error decoding patch: json: cannot unmarshal {KindOf(operation)} into Go value of type handlers.jsonPatchOp");
            }
            foreach (var (name, value) in map)
            {
                if (name is not ("op" or "path" or "from" or "value")) problems.Add(string.Create(null, $"json patch unknown field \"[{i}].{name}\""));
                else if (name != "value" && value is not null && value.GetValueKind() != JsonValueKind.String)
                {
                    throw StatusErrors.BadRequest(
                        $"error decoding patch: json: cannot unmarshal {KindOf(value)} into Go struct field jsonPatchOp.{name} of type string");
                }
            }
        }
        try
        {
            return (JsonPatch.Apply(current.Clone(), operations), null);
        }
        catch (PatchException)
        {
            throw StatusErrors.Rejected();
        }
    }

    private static (JsonObject, string?) ApplyMerge(ReadOnlySpan<byte> body, JsonObject current, List<string> problems)
    {
        var patch = ParsePatch(body, problems, "error decoding patch: ");
        return (MergePatch.Apply(current.Clone(), patch), null);
    }

    private static (JsonObject, string?) ApplyStrategic(ReadOnlySpan<byte> body, JsonObject current, TypeSchema schema, List<string> problems)
    {
        var patch = ParsePatch(body, problems, "");
        try
        {
            var patched = StrategicMergePatch.Consume(current.Clone(), patch, schema);
            return (patched, GoText.Value(patch));
        }
        catch (PatchException e)
        {
            throw e.IsBadRequest ? StatusErrors.BadRequest(e.Message) : StatusErrors.Unclassified(e.Message);
        }
    }

    private static JsonObject ParsePatch(ReadOnlySpan<byte> body, List<string> problems, string heading)
    {
        var duplicates = new List<(JsonObject Owner, string Name)>();
        JsonNode? node;
        try
        {
            node = JsonText.Parse(body, duplicates);
        }
        catch (FormatException e)
        {
            throw StatusErrors.BadRequest(heading + e.Message);
        }
        if (node is not JsonObject patch)
        {
            throw StatusErrors.BadRequest($"{heading}json: cannot unmarshal {KindOf(node)} into Go value of type map[string]interface {{}}");
        }
        foreach (var (owner, name) in duplicates)
        {
            var path = owner.GetPath();
            problems.Add($"duplicate field \"{(path == "$" ? name : $"{path[2..]}.{name}")}\"");
        }
        return patch;
    }

    private static void CheckType(JsonObject patched, GroupVersionKind kind, string shown)
    {
        if (patched["apiVersion"] is null) patched["apiVersion"] = kind.ApiVersion;
        if (patched["kind"] is null) patched["kind"] = kind.Kind;
        var sent = patched.GroupVersionKind;
        if (sent == kind) return;
        if (sent.ApiVersion != kind.ApiVersion)
        {
            throw StatusErrors.BadRequest(
                $"the API version in the data ({sent.ApiVersion}) does not match the expected API version ({kind.ApiVersion})");
        }
        throw Refuse(shown, BuiltInSchemas.Find(sent) is not null
            ? $"converting ({kind.Version}.{sent.Kind}) to ({(kind.Group.Length == 0 ? "core" : kind.Group.Split('.')[0])}.{kind.Kind}): unknown conversion"
            : $"no kind \"{sent.Kind}\" is registered for version \"{sent.ApiVersion}\" in scheme \"pkg/runtime/scheme.go:111\"");
    }

    private static StatusException Refuse(string shown, string why) => StatusErrors.Invalid(
        new("", "", ""), "", [FieldError.Invalid(FieldPath.Of("patch"), shown, why)]);

    /// <summary>The object as errors show it.</summary>
    private static string Show(JsonObject patched, bool custom) =>
        custom ? GoText.SortedJson(patched) : Encoding.UTF8.GetString(KubernetesJson.Serialize(patched));

    private static string KindOf(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "bool",
        },
    };
}
