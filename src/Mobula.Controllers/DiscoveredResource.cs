using Mobula.Kubernetes;

namespace Mobula.Controllers;

/// <summary>A resource as discovery tells of it.</summary>
/// <param name="Resource">Its name in URLs.</param>
/// <param name="Kind">The kind of its objects.</param>
/// <param name="IsNamespaced">Whether its objects stand in namespaces.</param>
/// <param name="Verbs">What can be done with it.</param>
internal sealed record DiscoveredResource(GroupVersionResource Resource, string Kind, bool IsNamespaced, IReadOnlyCollection<string> Verbs);
