using Mobula.PodSecurity.Evaluation;
using Mobula.PodSecurity.Remediation;

namespace Mobula.PodSecurity.Guidance;

/// <summary>What a check of the standards means, told for who has to write the manifest.</summary>
/// <param name="CheckId">The check, for example <c>allowPrivilegeEscalation</c>.</param>
/// <param name="Meaning">What the check demands and why, in a few sentences.</param>
/// <param name="Write">YAML that passes, or null where something has to be taken away.</param>
/// <param name="Choices">What to choose from where only the author can know; empty where the YAML says it all.</param>
public sealed record ControlGuide(string CheckId, string Meaning, string? Write, IReadOnlyList<string> Choices)
{
    /// <summary>How the demand changed, the oldest version first.</summary>
    public required IReadOnlyList<(PodSecurityVersion Since, string What)> History { get; init; }

    /// <summary>The control's name in the standards, for example <c>Privilege Escalation</c>.</summary>
    public string Control => Controls.NameOf(CheckId);

    /// <summary>The loosest level that has the check.</summary>
    public PodSecurityLevel Level => Standards.All.First(c => c.Id == CheckId).Level;

    /// <summary>The first version that has the check.</summary>
    public PodSecurityVersion Since => PodSecurityVersion.OfMinor(Standards.All.First(c => c.Id == CheckId).Variants[0].SinceMinor);

    /// <summary>The fields it looks at, as the standards write them.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>Whether <c>mobula fix</c> can write it.</summary>
    public bool CanBeFixed { get; init; }

    /// <summary>The guide of every check, baseline first, in Kubernetes' order.</summary>
    public static IReadOnlyList<ControlGuide> All { get; } = [.. BaselineGuides.All, .. RestrictedGuides.All];

    /// <summary>The guide of a check.</summary>
    /// <exception cref="ArgumentException">There is no such check.</exception>
    public static ControlGuide Of(string checkId) => All.FirstOrDefault(g => g.CheckId == checkId) ?? throw new ArgumentException($"there is no check \"{checkId}\"", nameof(checkId));
}
