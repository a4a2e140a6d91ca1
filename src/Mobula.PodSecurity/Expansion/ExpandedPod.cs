using System.Text.Json.Nodes;

namespace Mobula.PodSecurity.Expansion;

/// <summary>A pod that a resource will make.</summary>
/// <param name="Role">Which of the resource's pods, in words: <c>pod</c>, <c>head pod</c>, <c>worker pod of group small</c>, <c>submitter pod</c>.</param>
/// <param name="Pod">An object with <c>metadata</c> and <c>spec</c>, as far as the standards ask about it.</param>
/// <param name="Source">Where the pod template stands in the resource; null when the resource has none (the operator makes the pod up).</param>
/// <param name="Injected">The containers that the operator adds.</param>
public sealed record ExpandedPod(string Role, JsonObject Pod, FieldPath? Source, IReadOnlyList<InjectedContainer> Injected);

/// <summary>A container that an operator adds to a pod.</summary>
/// <param name="Name">Its name, for example <c>wait-gcs-ready</c>.</param>
/// <param name="At">Where it stands in the pod.</param>
/// <param name="SecurityContext">The field of the resource that decides its securityContext; null when there is none.</param>
/// <param name="Origin">Where its securityContext comes from, in words.</param>
public sealed record InjectedContainer(string Name, FieldPath At, FieldPath? SecurityContext, string Origin);

/// <summary>Which operator turns Ray resources into pods.</summary>
public enum RayOperatorKind
{
    /// <summary>Mobula's: it hardens what it makes unless the resource says otherwise.</summary>
    Mobula,

    /// <summary>KubeRay v1.7.</summary>
    KubeRay,
}
