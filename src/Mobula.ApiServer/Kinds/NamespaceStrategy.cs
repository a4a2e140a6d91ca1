using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Kinds;

/// <summary>Namespaces go only when the finalizers in their spec are gone.</summary>
internal sealed class NamespaceStrategy : ResourceStrategy
{
    private const string Finalizer = "kubernetes";
    private const string NameLabel = "kubernetes.io/metadata.name";

    private static readonly Dictionary<string, Func<JsonObject, string>> Fields = new()
    {
        ["status.phase"] = o => o.Text("status", "phase") ?? "",
    };

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields => Fields;

    public override bool HasOwnFieldLabels => true;

    public override bool ReturnsDeletedObject => true;

    public override IReadOnlyList<string> CheckName(string name) => NameValidation.IsDns1123Label(name);

    public override void Default(JsonObject o)
    {
        if (o.Name.Length > 0) o.Ensure("metadata", "labels")[NameLabel] = o.Name;
        if (string.IsNullOrEmpty(o.Text("status", "phase"))) o.Ensure("status")["phase"] = "Active";
    }

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        // A generated name was not known when the defaults were set.
        Default(o);
        o["status"] = new JsonObject { ["phase"] = "Active" };
        var finalizers = o.Texts("spec", "finalizers").ToList();
        if (!finalizers.Contains(Finalizer)) finalizers.Add(Finalizer);
        o.Ensure("spec")["finalizers"] = new JsonArray([.. finalizers.Select(f => JsonValue.Create(f))]);
    }

    public override void PrepareForUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        Keep(o, old, "spec");
        KeepStatus(o, old);
    }

    public override void PrepareForSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        if (subresource == "status") KeepAllButStatus(o, old);
        else if (subresource == "finalize") KeepStatus(o, old);
    }

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var errors = new FieldErrors();
        ClusterValidation.Namespace(o, errors);
        return errors;
    }
}
