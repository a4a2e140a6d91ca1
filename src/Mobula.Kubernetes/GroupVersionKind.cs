namespace Mobula.Kubernetes;

/// <summary>The type of an object: API group (empty for the core group), version and kind.</summary>
/// <param name="Group">The API group, for example <c>apps</c>; empty for the core group.</param>
/// <param name="Version">The version, for example <c>v1</c>.</param>
/// <param name="Kind">The kind, for example <c>Deployment</c>.</param>
public readonly record struct GroupVersionKind(string Group, string Version, string Kind)
{
    /// <summary>The value of the field <c>apiVersion</c>: <c>GROUP/VERSION</c>, or the version alone for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Reads a type from the fields <c>apiVersion</c> and <c>kind</c> of an object.</summary>
    public static GroupVersionKind Parse(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new("", apiVersion, kind) : new(apiVersion[..slash], apiVersion[(slash + 1)..], kind);
    }

    /// <summary>The form Kubernetes prints: <c>apps/v1, Kind=Deployment</c>.</summary>
    public override string ToString() => $"{ApiVersion}, Kind={Kind}";
}
