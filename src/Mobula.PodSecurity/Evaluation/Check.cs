namespace Mobula.PodSecurity.Evaluation;

/// <summary>A control of the standards: what it is called, the level it belongs to, and how it changed over the versions.</summary>
/// <param name="Id">The id, by which results are ordered.</param>
/// <param name="Level">Baseline or restricted.</param>
/// <param name="Variants">In the order of the versions from which they apply.</param>
internal sealed record Check(string Id, PodSecurityLevel Level, params IReadOnlyList<CheckVariant> Variants);

/// <summary>What a check demands from a version on.</summary>
/// <param name="SinceMinor">The first minor version it applies to.</param>
/// <param name="ViolatedBy">Any of these traits violates it.</param>
/// <param name="Explain">Tells the reason and the detail of a violation.</param>
internal sealed record CheckVariant(int SinceMinor, PodTraits ViolatedBy, Explanation Explain)
{
    /// <summary>Any of these traits exempts a pod from the check.</summary>
    public PodTraits ExemptBy { get; init; }

    /// <summary>The baseline checks that this restricted one replaces.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    public bool IsViolatedBy(PodTraits traits) => (traits & ViolatedBy) != 0 && (traits & ExemptBy) == 0;
}

/// <summary>Writes why a pod violates a check, in Kubernetes' words: first <see cref="ViolationText.Reason"/>, then the detail.</summary>
internal delegate void Explanation(scoped in PodDetails pod, scoped ref ViolationText text);
