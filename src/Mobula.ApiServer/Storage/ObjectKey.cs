namespace Mobula.ApiServer.Storage;

/// <summary>Where an object is kept.</summary>
/// <param name="Collection">The resource and group, for example <c>deployments.apps</c>.</param>
/// <param name="Namespace">The namespace; empty for cluster-scoped objects.</param>
/// <param name="Name">The object's name.</param>
internal readonly record struct ObjectKey(string Collection, string Namespace, string Name)
{
    /// <summary>The key within the collection. Its ordinal order is the order of lists.</summary>
    public string InCollection => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    public override string ToString() => $"{Collection}/{InCollection}";
}
