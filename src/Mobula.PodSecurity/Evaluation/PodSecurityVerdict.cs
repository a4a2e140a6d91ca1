using Mobula.PodSecurity.Evaluation;

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
    private readonly string? _details;
    private readonly ViolationPlace[]? _places;

    internal PodSecurityVerdict(string details, ViolationPlace[] places) => (_details, _places) = (details, places);

    /// <summary>Whether the pod violates nothing.</summary>
    public bool IsAllowed => _places is null;

    /// <summary>Reasons and details, as denials, warnings and audit annotations name them; empty for a pod that is allowed.</summary>
    public string Details => _details ?? "";

    /// <summary>The reasons alone, as warnings about existing pods name them; made when it is asked for.</summary>
    public string Reasons
    {
        get
        {
            var details = Details;
            return string.Join(", ", (_places ?? []).Select(p => details[p.Start..p.ReasonEnd]));
        }
    }

    /// <summary>What the pod violates, baseline checks first, in Kubernetes' order; made when it is asked for.</summary>
    public IReadOnlyList<PodSecurityViolation> Violations
    {
        get
        {
            var details = Details;
            return [.. (_places ?? []).Select(p => new PodSecurityViolation(
                Standards.All[p.Check].Id,
                details[p.Start..p.ReasonEnd],
                p.End == p.ReasonEnd ? "" : details[(p.ReasonEnd + ViolationText.Opening.Length)..(p.End - 1)]))];
        }
    }
}
