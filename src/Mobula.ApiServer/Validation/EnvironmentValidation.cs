using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Environment variables, and the references to fields and resources by which they and volumes tell a pod about itself.</summary>
internal static class EnvironmentValidation
{
    private static readonly string[] EnvironmentFields =
        ["metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"];

    private static readonly string[] VolumeFields = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

    private static readonly string[] KnownFields =
        [.. EnvironmentFields, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase"];

    private static readonly string[] ContainerResources =
        ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];

    private const string ByteDivisors = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";

    public static void Environment(JsonObject container, FieldPath containerPath, FieldErrors errors)
    {
        var path = containerPath.Child("env");
        foreach (var (i, variable) in container.Objects("env").Index())
        {
            var name = variable.Text("name") ?? "";
            if (name.Length == 0) errors.Required(path.Index(i).Child("name"));
            else errors.Invalid(path.Index(i).Child("name"), name, FieldRules.IsEnvironmentName(name));
            if (variable.Object("valueFrom") is { } source) Source(variable, source, path.Index(i).Child("valueFrom"), errors);
        }
        EnvironmentFrom(container, containerPath.Child("envFrom"), errors);
    }

    /// <summary>The volumes that variables are read from must be there.</summary>
    public static void FileReferences(JsonObject container, FieldPath containerPath, IReadOnlyDictionary<string, JsonObject> volumes, FieldErrors errors)
    {
        foreach (var (i, variable) in container.Objects("env").Index())
        {
            if (variable.Text("valueFrom", "fileKeyRef", "volumeName") is { Length: > 0 } volume && !volumes.ContainsKey(volume))
            {
                errors.NotFound(containerPath.Child("env").Index(i).Child("valueFrom", "fileKeyRef", "volumeName"), volume);
            }
        }
    }

    /// <summary>A field of the pod as a volume's file.</summary>
    public static void VolumeField(JsonObject field, FieldPath path, FieldErrors errors) => Field(field, path, VolumeFields, errors);

    /// <summary>A resource of a container.</summary>
    /// <param name="resource">The reference.</param>
    /// <param name="path">Its place.</param>
    /// <param name="ofVolume">Whether it stands in a volume, where the container must be named.</param>
    /// <param name="errors">What is wrong.</param>
    public static void Resource(JsonObject resource, FieldPath path, bool ofVolume, FieldErrors errors)
    {
        if (ofVolume && string.IsNullOrEmpty(resource.Text("containerName"))) errors.Required(path.Child("containerName"));
        var name = resource.Text("resource") ?? "";
        var hugePages = name.StartsWith("limits.hugepages-", StringComparison.Ordinal) || name.StartsWith("requests.hugepages-", StringComparison.Ordinal);
        if (name.Length == 0) errors.Required(path.Child("resource"));
        else if (!hugePages && !ContainerResources.Contains(name)) errors.NotSupported(path.Child("resource"), name, ContainerResources);
        var divisor = ResourceValidation.Read(resource["divisor"]);
        if (divisor.Sign == 0) return;
        var (allowed, what) = name switch
        {
            "limits.cpu" or "requests.cpu" => ("1m and 1", "cpu"),
            "limits.memory" or "requests.memory" => (ByteDivisors, "memory"),
            "limits.ephemeral-storage" or "requests.ephemeral-storage" => (ByteDivisors, "local ephemeral storage"),
            _ => hugePages ? (ByteDivisors, "hugepages") : ("", ""),
        };
        if (what.Length > 0 && !allowed.Split([", ", " and "], StringSplitOptions.None).Contains(divisor.ToString()))
        {
            errors.Invalid(path.Child("divisor"), name, $"only divisor's values {allowed} are supported with the {what} resource");
        }
    }

    private static void Source(JsonObject variable, JsonObject source, FieldPath path, FieldErrors errors)
    {
        var count = 0;
        foreach (var kind in new[] { "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef" })
        {
            if (source.Object(kind) is not { } reference) continue;
            count++;
            var at = path.Child(kind);
            if (kind == "fieldRef") Field(reference, at, EnvironmentFields, errors);
            else if (kind == "resourceFieldRef") Resource(reference, at, false, errors);
            else if (kind == "fileKeyRef") FileKey(reference, at, errors);
            else Key(reference, at, errors);
        }
        if (count == 0) errors.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        if (!string.IsNullOrEmpty(variable.Text("value")))
        {
            if (count != 0) errors.Invalid(path, "", "may not be specified when `value` is not empty");
        }
        else if (count > 1)
        {
            errors.Invalid(path, "", "may not have more than one field specified at a time");
        }
    }

    private static void Key(JsonObject reference, FieldPath path, FieldErrors errors)
    {
        var name = reference.Text("name") ?? "";
        errors.Invalid(path.Child("name"), name, NameValidation.IsDns1123Subdomain(name));
        if (errors.RequiredText(reference, path, "key")) errors.Invalid(path.Child("key"), reference.Text("key"), NameValidation.IsConfigMapKey(reference.Text("key")!));
    }

    private static void FileKey(JsonObject reference, FieldPath path, FieldErrors errors)
    {
        if (errors.RequiredText(reference, path, "key")) errors.Invalid(path.Child("key"), reference.Text("key"), FieldRules.IsEnvironmentName(reference.Text("key")!));
        if (errors.RequiredText(reference, path, "volumeName")) errors.Invalid(path.Child("volumeName"), reference.Text("volumeName"), NameValidation.IsDns1123Label(reference.Text("volumeName")!));
        if (errors.RequiredText(reference, path, "path") && FieldRules.DescendingPath(reference.Text("path")!) is { } wrong) errors.Invalid(path.Child("path"), reference.Text("path"), wrong);
    }

    private static void EnvironmentFrom(JsonObject container, FieldPath path, FieldErrors errors)
    {
        foreach (var (i, source) in container.Objects("envFrom").Index())
        {
            var at = path.Index(i);
            if (source.Text("prefix") is { Length: > 0 } prefix) errors.Invalid(at.Child("prefix"), prefix, FieldRules.IsEnvironmentName(prefix));
            var count = 0;
            foreach (var kind in new[] { "configMapRef", "secretRef" })
            {
                if (source.Object(kind) is not { } reference) continue;
                count++;
                if (errors.RequiredText(reference, at.Child(kind), "name")) errors.Invalid(at.Child(kind, "name"), reference.Text("name"), NameValidation.IsDns1123Subdomain(reference.Text("name")!));
            }
            if (count == 0) errors.Invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
            else if (count > 1) errors.Invalid(path, "", "may not have more than one field specified at a time");
        }
    }

    private static void Field(JsonObject field, FieldPath path, string[] allowed, FieldErrors errors)
    {
        if (!errors.RequiredText(field, path, "apiVersion") || !errors.RequiredText(field, path, "fieldPath")) return;
        var name = field.Text("fieldPath")!;
        var (head, subscript) = Split(name);
        var wrong = field.Text("apiVersion") != "v1" ? $"unsupported pod version: {field.Text("apiVersion")}"
            : subscript is not null ? head is "metadata.annotations" or "metadata.labels" ? null : $"field label does not support subscript: {name}"
            : KnownFields.Contains(name) || name == "spec.host" ? null : $"field label not supported: {name}";
        if (wrong is not null) errors.Invalid(path.Child("fieldPath"), name, $"error converting fieldPath: {wrong}");
        else if (subscript is not null) errors.Invalid(path, subscript, NameValidation.IsQualifiedName(head == "metadata.labels" ? subscript : subscript.ToLowerInvariant()));
        else if (!allowed.Contains(name == "spec.host" ? "spec.nodeName" : name)) errors.NotSupported(path.Child("fieldPath"), name, allowed);
    }

    private static (string Head, string? Subscript) Split(string path)
    {
        var open = path.IndexOf("['", StringComparison.Ordinal);
        return open > 0 && path.EndsWith("']", StringComparison.Ordinal) && path.Length >= open + 4 ? (path[..open], path[(open + 2)..^2]) : (path, null);
    }
}
