namespace Mobula.PodSecurity;

/// <summary>One check that a pod violates, in Kubernetes' words.</summary>
/// <param name="CheckId">The id of the check, for example <c>runAsNonRoot</c>.</param>
/// <param name="Reason">The short reason, for example <c>runAsNonRoot != true</c>.</param>
/// <param name="Detail">Who must or must not do what.</param>
public readonly record struct PodSecurityViolation(string CheckId, string Reason, string Detail)
{
    /// <summary><c>REASON (DETAIL)</c>.</summary>
    public override string ToString() => Detail.Length == 0 ? Reason : $"{Reason} ({Detail})";
}

/// <summary>Whether a policy allows a pod, and if not, why. Nothing is allocated for a pod that is allowed.</summary>
public readonly struct PodSecurityVerdict
{
    private readonly PodSecurityViolation[]? _violations;

    internal PodSecurityVerdict(PodSecurityViolation[] violations) => _violations = violations;

    /// <summary>Whether the pod violates nothing.</summary>
    public bool IsAllowed => _violations is null or [];

    /// <summary>What it violates, baseline checks first, in Kubernetes' order.</summary>
    public IReadOnlyList<PodSecurityViolation> Violations => _violations ?? [];

    /// <summary>The reasons alone, as warnings about existing pods name them.</summary>
    public string Reasons => string.Join(", ", Violations.Select(v => v.Reason));

    /// <summary>Reasons and details, as denials, warnings and audit annotations name them.</summary>
    public string Details => string.Join(", ", Violations.Select(v => v.ToString()));
}
