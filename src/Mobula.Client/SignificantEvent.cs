using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>Something worth an Event: what happened to which object.</summary>
/// <param name="Regarding">An <c>ObjectReference</c>.</param>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">CamelCase, for programs.</param>
/// <param name="Message">For people.</param>
public sealed record SignificantEvent(JsonObject Regarding, string Type, string Reason, string Message)
{
    /// <summary>The reference of an object, as events carry it.</summary>
    /// <param name="o">The object, with <c>kind</c> and <c>apiVersion</c>.</param>
    /// <param name="fieldPath">Which part of the object, for example <c>spec.containers{main}</c>.</param>
    public static JsonObject Reference(JsonObject o, string? fieldPath = null)
    {
        var reference = new JsonObject { ["kind"] = o.Kind };
        if (o.Namespace is { } ns) reference["namespace"] = ns;
        reference["name"] = o.Name;
        if (o.Uid.Length > 0) reference["uid"] = o.Uid;
        reference["apiVersion"] = o.ApiVersion;
        if (o.ResourceVersion.Length > 0) reference["resourceVersion"] = o.ResourceVersion;
        if (fieldPath is not null) reference["fieldPath"] = fieldPath;
        return reference;
    }

    internal string SpamKey => string.Join('/', Text("kind"), Text("namespace"), Text("name"), Text("uid"), Text("apiVersion"));

    internal string GroupKey => string.Join('/', SpamKey, Text("fieldPath"), Type, Reason);

    private string Text(string field) => Regarding.Text(field) ?? "";
}
