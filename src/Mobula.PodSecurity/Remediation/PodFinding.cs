using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Remediation;

/// <summary>One field of a pod that a check refuses or misses, and what to do about it.</summary>
/// <param name="CheckId">The check, for example <c>allowPrivilegeEscalation</c>.</param>
/// <param name="Control">The control's name in the standards, for example <c>Privilege Escalation</c>.</param>
/// <param name="Reason">Kubernetes' short reason, for example <c>allowPrivilegeEscalation != false</c>.</param>
/// <param name="Container">The container, or null for a field of the pod.</param>
/// <param name="At">The field in the pod; it may be absent.</param>
/// <param name="Advice">What to write, or, where only the author can know, what to choose from.</param>
public sealed record PodFinding(string CheckId, string Control, string Reason, string? Container, FieldPath At, string Advice)
{
    /// <summary>Kubernetes' long reason, of all containers that the check is about; empty when the short one says it all.</summary>
    public string Detail { get; init; } = "";

    /// <summary>What makes the field pass; null when that takes knowing the program.</summary>
    public FieldEdit? Edit { get; init; }
}
