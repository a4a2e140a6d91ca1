using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Mobula.Kubernetes.Apply;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Patches;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.RandomWrites;

/// <summary>Does what a server does around a write, for one object: create, patch, apply, generation, managedFields. It validates nothing.</summary>
internal sealed partial class WriteReplay
{
    private static readonly JsonObject Definition = TestData.Object("things-crd.json");
    private static readonly Dictionary<string, (string ApiVersion, string Kind, bool HasGeneration)> Kinds = new()
    {
        ["configmaps"] = ("v1", "ConfigMap", false),
        ["podtemplates"] = ("v1", "PodTemplate", true),
        ["services"] = ("v1", "Service", false),
        ["serviceaccounts"] = ("v1", "ServiceAccount", false),
        ["networkpolicies"] = ("networking.k8s.io/v1", "NetworkPolicy", true),
        ["ingresses"] = ("networking.k8s.io/v1", "Ingress", true),
        ["roles"] = ("rbac.authorization.k8s.io/v1", "Role", false),
        ["things"] = ("random.example.com/v1", "Thing", true),
    };

    private readonly GroupVersionKind _kind;
    private readonly bool _hasGeneration;
    private readonly bool _custom;
    private readonly TypeSchema _schema;
    private readonly FieldManager _fields;
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly string _resource;
    private JsonObject? _stored;

    public WriteReplay(string resource)
    {
        _resource = resource;
        var (apiVersion, kind, hasGeneration) = Kinds[resource];
        _kind = GroupVersionKind.Parse(apiVersion, kind);
        _hasGeneration = hasGeneration;
        _custom = resource == "things";
        _schema = _custom ? StructuralSchema.ForVersion(Definition, "v1")! : BuiltInSchemas.Find(_kind)!;
        _fields = new(_schema, _kind, _custom, _time);
    }

    /// <summary>Does a recorded write.</summary>
    /// <returns>The answer and its status.</returns>
    public (int Status, JsonObject Answer) Write(JsonObject step)
    {
        var query = step.Text("query")!.Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
        try
        {
            return Write(step, query["fieldManager"], query.ContainsKey("force"));
        }
        catch (StatusException e)
        {
            return (e.Code, e.Status);
        }
    }

    private (int, JsonObject) Write(JsonObject step, string manager, bool force)
    {
        var body = Encoding.UTF8.GetBytes(step["body"]!.ToJsonString());
        switch (step.Text("type"))
        {
            case null:
                return (201, Store(_fields.Update(null, Named(SetDefaults(ObjectDecoder.Decode(body, false, _kind, _schema, _custom, FieldValidation.Warn).Object)), manager)));
            case "apply":
                var created = _stored is null;
                var live = _stored ?? Named(_fields.Empty());
                var applied = (JsonObject)JsonText.Parse(body)!;
                applied.Metadata["name"] ??= "o";
                return (created ? 201 : 200, Store(_fields.Apply(created ? null : live, applied, manager, force, merged =>
                {
                    ObjectDecoder.Shape(merged, _schema, _custom);
                    return SetDefaults(merged);
                })));
            case { } type:
                if (_custom && type == "strategic")
                {
                    throw StatusErrors.UnsupportedMediaType(["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]);
                }
                if (_stored is null) throw StatusErrors.NotFound(new(_kind.Group, _kind.Version, _resource), "o");
                var patchType = type switch { "json" => ObjectPatchType.Json, "merge" => ObjectPatchType.Merge, _ => ObjectPatchType.Strategic };
                var patched = ObjectPatch.Apply(patchType, body, WithIdentity(_stored), _kind, _schema, _custom, FieldValidation.Warn).Object;
                if (patched.Name.Length == 0) throw StatusErrors.BadRequest("the name of the object (o based on URL) was undeterminable: name must be provided");
                return (200, Store(_fields.Update(_stored, SetDefaults(patched), manager)));
        }
    }

    private JsonObject SetDefaults(JsonObject obj)
    {
        if (!_custom) return KindDefaults.Set(obj);
        CustomResourceForm.ApplyDefaults(_schema, obj);
        return obj;
    }

    private static JsonObject Named(JsonObject obj)
    {
        obj.Metadata["name"] ??= "o";
        return obj;
    }

    private static JsonObject WithIdentity(JsonObject stored)
    {
        var copy = stored.Clone();
        copy.Metadata["namespace"] = "ns";
        copy.Metadata["uid"] = "uid";
        copy.Metadata["resourceVersion"] = "1";
        copy.Metadata["creationTimestamp"] = "2026-01-01T00:00:00Z";
        return copy;
    }

    private JsonObject Store(JsonObject obj)
    {
        foreach (var name in (string[])["namespace", "uid", "resourceVersion", "creationTimestamp"]) obj.Metadata.Remove(name);
        KindDefaults.Allocate(obj);
        if (_hasGeneration)
        {
            var changed = _stored is not null && !JsonNode.DeepEquals(WithoutMetadata(_stored), WithoutMetadata(obj));
            obj.Metadata["generation"] = _stored is null ? 1 : _stored.Generation + (changed ? 1 : 0);
        }
        if (_stored is not null && FieldManager.DifferInTimesOnly(_stored, obj)) return _stored.Clone();
        _time.Advance(TimeSpan.FromSeconds(1));
        _stored = obj;
        return obj.Clone();
    }

    private static JsonObject WithoutMetadata(JsonObject obj)
    {
        var copy = obj.Clone();
        copy.Remove("metadata");
        return copy;
    }

    /// <summary>An answer without what differs from run to run; managedFields and the causes of conflicts in an order of their own.</summary>
    public static string Normalise(JsonObject answer)
    {
        var copy = answer.Clone();
        if (copy.Object("metadata") is { } metadata)
        {
            foreach (var entry in metadata.Objects("managedFields")) entry.Remove("time");
            if (metadata["managedFields"] is JsonArray entries)
            {
                metadata["managedFields"] = new JsonArray([.. entries.Select(e => e!.DeepClone()).OrderBy(e => GoText.SortedJson(
                    new JsonArray(e["operation"]?.DeepClone(), e["manager"]?.DeepClone())), StringComparer.Ordinal)]);
            }
        }
        if (copy.Text("reason") == "Conflict" && copy.Object("details") is { } details && details["causes"] is JsonArray causes)
        {
            details["causes"] = new JsonArray([.. causes.Select(c => c!.DeepClone()).OrderBy(c => GoText.SortedJson(c), StringComparer.Ordinal)]);
        }
        return Identity().Replace(GoText.SortedJson(copy), "").Replace(@"\u003cip\u003e", "<ip>", StringComparison.Ordinal);
    }

    [GeneratedRegex("""\\"(uid|resourceVersion|creationTimestamp|namespace|time|selfLink)\\":\\"[^"]*\\",?""")]
    private static partial Regex Identity();
}
