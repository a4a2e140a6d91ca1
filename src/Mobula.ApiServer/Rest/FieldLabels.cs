using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>The fields by which built-in objects can be selected, for kinds whose strategy does not say; over the stored version.</summary>
internal static class FieldLabels
{
    private static readonly string[] ReferenceFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

    private static readonly Dictionary<string, IReadOnlyDictionary<string, Func<JsonObject, string>>> ByResource = new(StringComparer.Ordinal)
    {
        ["events"] = Events("involvedObject", "reportingComponent"),
        ["events.events.k8s.io"] = Events("regarding", "reportingController"),
        ["jobs.batch"] = Field("status.successful", o => $"{o.Integer("status", "succeeded") ?? 0}"),
        ["nodes"] = Field("spec.unschedulable", o => o.Flag("spec", "unschedulable") == true ? "true" : "false"),
        ["replicationcontrollers"] = Field("status.replicas", o => $"{o.Integer("status", "replicas") ?? 0}"),
        ["certificatesigningrequests.certificates.k8s.io"] = Field("spec.signerName", o => o.Text("spec", "signerName") ?? ""),
    };

    /// <summary>The fields of a resource; null when none are known here.</summary>
    public static IReadOnlyDictionary<string, Func<JsonObject, string>>? Find(GroupVersionResource resource) =>
        ByResource.GetValueOrDefault(resource.QualifiedName);

    private static Dictionary<string, Func<JsonObject, string>> Field(string name, Func<JsonObject, string> value) => new() { [name] = value };

    private static Dictionary<string, Func<JsonObject, string>> Events(string reference, string reporter)
    {
        var fields = ReferenceFields.ToDictionary(f => $"{reference}.{f}", f => (Func<JsonObject, string>)(o => o.Text("involvedObject", f) ?? ""));
        fields["reason"] = o => o.Text("reason") ?? "";
        fields["type"] = o => o.Text("type") ?? "";
        fields[reporter] = o => o.Text("reportingComponent") ?? "";
        if (reference == "involvedObject") fields["source"] = o => o.Text("source", "component") is { Length: > 0 } source ? source : o.Text("reportingComponent") ?? "";
        return fields;
    }
}
