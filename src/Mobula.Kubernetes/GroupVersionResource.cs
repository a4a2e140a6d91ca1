namespace Mobula.Kubernetes;

/// <summary>A resource as it stands in a URL: API group (empty for the core group), version and plural lower-case name.</summary>
/// <param name="Group">The API group, for example <c>apps</c>; empty for the core group.</param>
/// <param name="Version">The version, for example <c>v1</c>.</param>
/// <param name="Resource">The plural name, for example <c>deployments</c>.</param>
public readonly record struct GroupVersionResource(string Group, string Version, string Resource)
{
    /// <summary>The value of the field <c>apiVersion</c>: <c>GROUP/VERSION</c>, or the version alone for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The name by which errors call the resource: <c>deployments.apps</c>, or <c>pods</c> for the core group.</summary>
    public string QualifiedName => Group.Length == 0 ? Resource : $"{Resource}.{Group}";

    /// <summary>The root of the resource's URLs: <c>/apis/GROUP/VERSION</c> or <c>/api/VERSION</c>.</summary>
    public string RootPath => Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";

    /// <summary>The URL path of a collection or an object.</summary>
    /// <param name="ns">The namespace; null for cluster-scoped resources and for all namespaces.</param>
    /// <param name="name">The object's name; null for the collection.</param>
    /// <param name="subresource">For example <c>status</c>; needs a name.</param>
    public string Path(string? ns = null, string? name = null, string? subresource = null)
    {
        var path = ns is null ? $"{RootPath}/{Resource}" : $"{RootPath}/namespaces/{Uri.EscapeDataString(ns)}/{Resource}";
        if (name is null) return path;
        path = $"{path}/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <summary>The form Kubernetes prints: <c>apps/v1, Resource=deployments</c>.</summary>
    public override string ToString() => $"{ApiVersion}, Resource={Resource}";
}
