using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.CustomResources;

/// <summary>Makes resources of CustomResourceDefinitions.</summary>
internal static class CustomResourceDefinitions
{
    public const string Collection = "customresourcedefinitions.apiextensions.k8s.io";
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    private static readonly string[] Verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

    /// <summary>The served versions of a definition.</summary>
    public static IReadOnlyList<ResourceDefinition> Define(JsonObject crd)
    {
        var group = crd.Text("spec", "group") ?? "";
        var names = crd.Object("status", "acceptedNames") is { } accepted && !string.IsNullOrEmpty(accepted.Text("kind")) ? accepted : crd.Object("spec", "names") ?? [];
        var plural = names.Text("plural") ?? "";
        var kind = names.Text("kind") ?? "";
        var storage = crd.Objects("spec", "versions").FirstOrDefault(v => v.Flag("storage") == true)?.Text("name") ?? "";
        return [.. crd.Objects("spec", "versions").Where(v => v.Flag("served") == true).Select(version =>
        {
            var name = version.Text("name") ?? "";
            var own = new GroupVersionKind(group, name, kind);
            var schema = StructuralSchema.ForVersion(crd, name) ?? TypeSchema.Any;
            var hasStatus = version.Object("subresources", "status") is not null;
            var subresources = new List<SubresourceInfo>();
            if (hasStatus) subresources.Add(new("status", own, ["get", "patch", "update"]));
            if (version.Object("subresources", "scale") is not null) subresources.Add(new("scale", new("autoscaling", "v1", "Scale"), ["get", "patch", "update"]));
            return new ResourceDefinition
            {
                Info = new()
                {
                    Resource = new(group, name, plural),
                    Kind = own,
                    Singular = names.Text("singular") ?? "",
                    Namespaced = crd.Text("spec", "scope") == "Namespaced",
                    Verbs = Verbs,
                    ShortNames = [.. names.Texts("shortNames")],
                    Categories = [.. names.Texts("categories")],
                    Subresources = subresources,
                },
                ListKind = names.Text("listKind") ?? $"{kind}List",
                Collection = $"{plural}.{group}",
                StoredKind = own with { Version = storage },
                Schema = schema,
                Strategy = new CustomResourceStrategy(schema, hasStatus),
                Custom = new(crd, version),
                Table = CustomTables.Make(version),
                SelectableFields = SelectableFields(version),
            };
        })];
    }

    /// <summary>Begins the end of a definition: it stays until its objects are gone.</summary>
    public static void MarkDeleted(JsonObject crd, DateTimeOffset now)
    {
        crd.Metadata["deletionTimestamp"] = KubernetesTime.Format(now);
        if (!crd.Texts("metadata", "finalizers").Contains(CleanupFinalizer))
        {
            crd.Metadata["finalizers"] = new JsonArray([.. crd.Texts("metadata", "finalizers").Append(CleanupFinalizer).Select(f => JsonValue.Create(f))]);
        }
        var conditions = crd.Objects("status", "conditions").Where(c => c.Text("type") != "Terminating").Select(c => c.Clone()).Append(new()
        {
            ["type"] = "Terminating",
            ["status"] = "True",
            ["lastTransitionTime"] = KubernetesTime.Format(now),
            ["reason"] = "InstanceDeletionPending",
            ["message"] = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        });
        crd.Ensure("status")["conditions"] = new JsonArray([.. conditions]);
    }

    private static Dictionary<string, Func<JsonObject, string>> SelectableFields(JsonObject version) =>
        version.Objects("selectableFields").Select(f => f.Text("jsonPath") ?? "").ToDictionary(p => p.TrimStart('.'), p =>
        {
            var path = JsonPath.Parse(p);
            return (Func<JsonObject, string>)(o => path.Find(o) is [{ } value, ..]
                ? value.GetValueKind() == System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString() : "");
        });
}

/// <summary>What a definition's status should say.</summary>
/// <param name="AcceptedNames">The names that are its own.</param>
/// <param name="Conditions">Type, status, reason and message.</param>
internal sealed record DefinitionStatus(JsonObject AcceptedNames, IReadOnlyList<(string Type, bool Status, string Reason, string Message)> Conditions)
{
    public bool IsEstablished => Conditions.Any(c => c is { Type: "Established", Status: true });

    /// <summary>Plans the status of a definition beside those that hold names in its group already.</summary>
    public static DefinitionStatus Plan(JsonObject crd, IEnumerable<JsonObject> others)
    {
        var wanted = crd.Object("spec", "names") ?? [];
        var group = crd.Text("spec", "group");
        var taken = others.Where(o => o.Name != crd.Name && o.Text("spec", "group") == group)
            .SelectMany(o => o.Object("status", "acceptedNames") is { } names
                ? names.Texts("shortNames").Append(names.Text("plural") ?? "").Append(names.Text("singular") ?? "").Select(n => n.ToLowerInvariant())
                : []).Where(n => n.Length > 0).ToHashSet();
        var takenKinds = others.Where(o => o.Name != crd.Name && o.Text("spec", "group") == group)
            .SelectMany(o => new[] { o.Text("status", "acceptedNames", "kind") ?? "", o.Text("status", "acceptedNames", "listKind") ?? "" }).Where(n => n.Length > 0).ToHashSet();
        var conflict = Conflict(wanted, taken, takenKinds);
        var accepted = conflict is null ? wanted.Clone() : crd.Object("status", "acceptedNames")?.Clone() ?? new JsonObject { ["plural"] = "", ["kind"] = "" };
        var was = crd.Objects("status", "conditions").Any(c => c.Text("type") == "Established" && c.Text("status") == "True");
        return new(accepted,
        [
            conflict is null ? ("NamesAccepted", true, "NoConflicts", "no conflicts found") : ("NamesAccepted", false, conflict.Value.Reason, conflict.Value.Message),
            conflict is null || was
                ? ("Established", true, "InitialNamesAccepted", "the initial names have been accepted")
                : ("Established", false, "NotAccepted", "not all names are accepted"),
        ]);
    }

    private static (string Reason, string Message)? Conflict(JsonObject names, HashSet<string> taken, HashSet<string> takenKinds)
    {
        if (names.Text("plural") is { } plural && taken.Contains(plural)) return ("PluralConflict", $"\"{plural}\" is already in use");
        if (names.Text("singular") is { } singular && taken.Contains(singular)) return ("SingularConflict", $"\"{singular}\" is already in use");
        foreach (var name in names.Texts("shortNames"))
        {
            if (taken.Contains(name)) return ("ShortNamesConflict", $"\"{name}\" is already in use");
        }
        if (names.Text("kind") is { } kind && takenKinds.Contains(kind)) return ("KindConflict", $"\"{kind}\" is already in use");
        if (names.Text("listKind") is { } listKind && takenKinds.Contains(listKind)) return ("ListKindConflict", $"\"{listKind}\" is already in use");
        return null;
    }
}
