using Mobula.Kubernetes.Yaml;

namespace Mobula.PodSecurity.Manifests;

/// <summary>A field that a policy refuses or misses, with its place in the file.</summary>
public sealed record ManifestFinding
{
    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>The place of the field, or of what the missing field belongs to.</summary>
    public required SourcePosition Position { get; init; }

    /// <summary>What is wrong.</summary>
    public required ResourceFinding Finding { get; init; }

    /// <inheritdoc cref="ResourceFinding.Resource"/>
    public string Resource => Finding.Resource;

    /// <inheritdoc cref="ResourceFinding.Role"/>
    public string Role => Finding.Role;

    /// <inheritdoc cref="ResourceFinding.Container"/>
    public string? Container => Finding.Container;

    /// <inheritdoc cref="ResourceFinding.Policy"/>
    public LevelVersion Policy => Finding.Policy;

    /// <inheritdoc cref="ResourceFinding.IsEnforced"/>
    public bool IsEnforced => Finding.IsEnforced;

    /// <inheritdoc cref="ResourceFinding.CheckId"/>
    public string CheckId => Finding.CheckId;

    /// <inheritdoc cref="ResourceFinding.Control"/>
    public string Control => Finding.Control;

    /// <inheritdoc cref="ResourceFinding.Reason"/>
    public string Reason => Finding.Reason;

    /// <inheritdoc cref="ResourceFinding.Detail"/>
    public string Detail => Finding.Detail;

    /// <inheritdoc cref="ResourceFinding.Advice"/>
    public string Advice => Finding.Advice;

    /// <inheritdoc cref="ResourceFinding.Field"/>
    public Expansion.FieldPath? Field => Finding.Field;

    /// <inheritdoc cref="ResourceFinding.CanBeFixed"/>
    public bool CanBeFixed => Finding.CanBeFixed;

    /// <inheritdoc cref="ResourceFinding.Edit"/>
    public Remediation.FieldEdit? Edit => Finding.Edit;

    internal ManifestResource? Source { get; init; }
}

/// <summary>A pod that a manifest makes, and Kubernetes' verdict.</summary>
/// <param name="File">The file.</param>
/// <param name="Position">The place of its template.</param>
/// <param name="Pod">The pod and the verdict.</param>
public sealed record ManifestPod(string File, SourcePosition Position, JudgedPod Pod);

/// <summary>What is said of manifests.</summary>
/// <param name="Findings">What would be refused or warned about, by file and place.</param>
/// <param name="Problems">What could not be judged.</param>
/// <param name="Notes">What else is worth knowing, for example of containers that an operator adds.</param>
/// <param name="JudgedPods">The pods the resources make, each with its verdict.</param>
public sealed record ManifestReport(
    IReadOnlyList<ManifestFinding> Findings, IReadOnlyList<ManifestProblem> Problems, IReadOnlyList<string> Notes, IReadOnlyList<ManifestPod> JudgedPods)
{
    /// <summary>How many pods the resources make.</summary>
    public int Pods => JudgedPods.Count;

    /// <summary>How many of them would be refused.</summary>
    public int RefusedPods => JudgedPods.Count(p => p.Pod.IsRefused);

    /// <summary>How many would be let in with a warning or an audit annotation.</summary>
    public int WarnedPods => JudgedPods.Count(p => p.Pod is { IsRefused: false, IsViolating: true });
}
