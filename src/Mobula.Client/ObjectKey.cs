using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>The name of an object among those of its resource.</summary>
/// <param name="Namespace">The namespace; null for cluster-scoped objects.</param>
/// <param name="Name">The name.</param>
public readonly record struct ObjectKey(string? Namespace, string Name)
{
    /// <summary>The key of an object.</summary>
    public static ObjectKey Of(JsonObject o) => new(o.Namespace, o.Name);

    /// <summary><c>NAMESPACE/NAME</c>, or the name alone.</summary>
    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
