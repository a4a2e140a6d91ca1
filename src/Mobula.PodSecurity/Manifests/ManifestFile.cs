using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Manifests;

/// <summary>A text with manifests: YAML or JSON, any number of documents.</summary>
/// <param name="Name">How errors and findings name it.</param>
/// <param name="Text">The text.</param>
public sealed record ManifestFile(string Name, string Text);

/// <summary>By what manifests are judged.</summary>
public sealed record ManifestOptions
{
    /// <summary>The policy; null: that of the object's Namespace if it is among the manifests, else <c>restricted:latest</c>.</summary>
    public LevelVersion? Policy { get; init; }

    /// <summary>Which operator the Ray resources are for.</summary>
    public RayOperatorKind RayOperator { get; init; } = RayOperatorKind.Mobula;

    /// <summary>The pod templates of other custom resources, by <c>GROUP/KIND</c>.</summary>
    public IReadOnlyDictionary<string, FieldPath>? OtherTemplates { get; init; }

    /// <summary>The Kubernetes minor version that <c>latest</c> means; null: the newest known.</summary>
    public int? KubernetesMinor { get; init; }
}

/// <summary>A text or a document that cannot be judged, and why.</summary>
/// <param name="File">The file.</param>
/// <param name="Position">The place.</param>
/// <param name="Message">What is wrong.</param>
public sealed record ManifestProblem(string File, SourcePosition Position, string Message);

/// <summary>A field that a policy refuses or misses, with its place in the file.</summary>
public sealed record ManifestFinding
{
    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>The place of the field, or of what the missing field belongs to.</summary>
    public required SourcePosition Position { get; init; }

    /// <summary>The resource: <c>KIND/NAME</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>Which of the resource's pods: <c>pod</c>, <c>head pod</c>, <c>worker pod of group small</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The container, or null for a field of the pod.</summary>
    public string? Container { get; init; }

    /// <summary>The policy that refuses it.</summary>
    public required LevelVersion Policy { get; init; }

    /// <summary>The check.</summary>
    public required string CheckId { get; init; }

    /// <summary>The control's name in the standards.</summary>
    public required string Control { get; init; }

    /// <summary>Kubernetes' short reason.</summary>
    public required string Reason { get; init; }

    /// <summary>What to write, or what to choose from.</summary>
    public required string Advice { get; init; }

    /// <summary>The path of the field in the resource; null when no field of it decides.</summary>
    public FieldPath? Field { get; init; }

    /// <summary>Whether the fix is known without knowing the program.</summary>
    public bool CanBeFixed => Edit is not null;

    /// <summary>The edit of the resource; null when only the author can know.</summary>
    public Remediation.FieldEdit? Edit { get; init; }

    internal ManifestResource? Source { get; init; }
}

/// <summary>What is said of manifests.</summary>
/// <param name="Findings">What would be refused, by file and place.</param>
/// <param name="Problems">What could not be judged.</param>
/// <param name="Notes">What else is worth knowing, for example of containers that an operator adds.</param>
/// <param name="Pods">How many pods the resources make.</param>
/// <param name="RefusedPods">How many of them would be refused.</param>
public sealed record ManifestReport(
    IReadOnlyList<ManifestFinding> Findings, IReadOnlyList<ManifestProblem> Problems, IReadOnlyList<string> Notes, int Pods, int RefusedPods);
