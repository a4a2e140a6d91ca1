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

    /// <summary>The pod templates of other custom resources.</summary>
    public PodTemplatePaths? OtherTemplates { get; init; }

    /// <summary>The Kubernetes minor version that <c>latest</c> means; null: the newest known.</summary>
    public int? KubernetesMinor { get; init; }
}

/// <summary>A text or a document that cannot be judged, and why.</summary>
/// <param name="File">The file.</param>
/// <param name="Position">The place.</param>
/// <param name="Message">What is wrong.</param>
public sealed record ManifestProblem(string File, SourcePosition Position, string Message);
