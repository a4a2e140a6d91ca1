using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>The tables of the built-in resources.</summary>
internal static class TableFormats
{
    private static readonly Dictionary<string, TableFormat> ByResource = new(StringComparer.Ordinal);

    /// <summary>The table of a resource; name and time of creation where there is none of its own.</summary>
    public static TableFormat Find(GroupVersionResource resource) => ByResource.GetValueOrDefault(resource.QualifiedName, TableFormat.Default);
}
