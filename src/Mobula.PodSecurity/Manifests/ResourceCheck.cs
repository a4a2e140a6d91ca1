using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Remediation;

namespace Mobula.PodSecurity.Manifests;

/// <summary>The policy an object is judged by: the strictest of its namespace's modes, and the one that refuses.</summary>
/// <param name="Policy">What is judged by.</param>
/// <param name="Enforced">What refuses; violations of <paramref name="Policy"/> beyond it are warned about or audited.</param>
public readonly record struct JudgedPolicy(LevelVersion Policy, LevelVersion Enforced)
{
    /// <summary>One policy that refuses.</summary>
    public static JudgedPolicy Of(LevelVersion policy) => new(policy, policy);

    /// <summary>The policies of a namespace.</summary>
    public static JudgedPolicy Of(NamespacePolicy policy)
    {
        var strictest = policy.Enforce;
        foreach (var mode in new[] { policy.Warn, policy.Audit })
        {
            if (mode.Level > strictest.Level || (mode.Level == strictest.Level && mode.Version.CompareTo(strictest.Version) > 0)) strictest = mode;
        }
        return new(strictest, policy.Enforce);
    }
}

/// <summary>A field of a resource that a policy refuses or misses.</summary>
public sealed record ResourceFinding
{
    /// <summary>The resource: <c>KIND/NAME</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>Which of the resource's pods: <c>pod</c>, <c>head pod</c>, <c>worker pod of group small</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The container, or null for a field of the pod.</summary>
    public string? Container { get; init; }

    /// <summary>The policy that is violated.</summary>
    public required LevelVersion Policy { get; init; }

    /// <summary>Whether that policy refuses the pod; else it warns or audits only.</summary>
    public required bool IsEnforced { get; init; }

    /// <summary>The check.</summary>
    public required string CheckId { get; init; }

    /// <summary>The control's name in the standards.</summary>
    public required string Control { get; init; }

    /// <summary>Kubernetes' short reason.</summary>
    public required string Reason { get; init; }

    /// <summary>Kubernetes' long reason, which names all containers of the pod that the check is about; empty when the short one says it all.</summary>
    public string Detail { get; init; } = "";

    /// <summary>What to write, or what to choose from.</summary>
    public required string Advice { get; init; }

    /// <summary>The path of the field in the resource; null when no field of it decides.</summary>
    public FieldPath? Field { get; init; }

    /// <summary>Whether the fix is known without knowing the program.</summary>
    public bool CanBeFixed => Edit is not null;

    /// <summary>The edit of the resource; null when only the author can know.</summary>
    public FieldEdit? Edit { get; init; }

    /// <summary>The place to show when <see cref="Field"/> is null: that of the pod's template.</summary>
    internal FieldPath Place { get; init; } = FieldPath.Root;
}

/// <summary>A pod that a resource makes, and Kubernetes' verdict.</summary>
/// <param name="Resource">The resource: <c>KIND/NAME</c>.</param>
/// <param name="Role">Which of the resource's pods.</param>
/// <param name="Policy">The policy it is judged by.</param>
/// <param name="IsViolating">Whether it violates that policy.</param>
/// <param name="IsRefused">Whether it would be refused.</param>
/// <param name="Violations">What it violates, in Kubernetes' words; empty when nothing.</param>
/// <param name="Source">Where its template stands in the resource.</param>
public sealed record JudgedPod(string Resource, string Role, LevelVersion Policy, bool IsViolating, bool IsRefused, string Violations, FieldPath? Source);

/// <summary>What is said of a resource.</summary>
/// <param name="Pods">The pods it makes.</param>
/// <param name="Findings">What would be refused or warned about.</param>
/// <param name="Notes">What else is worth knowing.</param>
public sealed record ResourceReport(IReadOnlyList<JudgedPod> Pods, IReadOnlyList<ResourceFinding> Findings, IReadOnlyList<string> Notes);

/// <summary>Judges resources one by one: every pod they will make, injected containers included.</summary>
/// <param name="options">By what is judged.</param>
public sealed class ResourceCheck(ManifestOptions options)
{
    private readonly PodSecurityEvaluator _evaluator = options.KubernetesMinor is { } minor ? new(minor) : PodSecurityEvaluator.Default;
    private readonly PodExpansion _expansion = new(options.RayOperator, options.OtherTemplates);

    /// <summary>Judges a resource.</summary>
    /// <exception cref="System.Text.Json.JsonException">A field of a pod has a value of another type than Kubernetes'.</exception>
    public ResourceReport Check(JsonObject resource, JudgedPolicy policy)
    {
        var title = TitleOf(resource);
        List<JudgedPod> pods = [];
        List<ResourceFinding> findings = [];
        List<string> notes = [];
        HashSet<(FieldPath, string)> told = [];
        foreach (var pod in _expansion.Expand(resource))
        {
            var ofPod = PodFindings.Of(pod.Pod, policy.Policy, _evaluator, at => pod.InjectedAt(at) is not null);
            if (ofPod.Count == 0)
            {
                pods.Add(new(title, pod.Role, policy.Policy, false, false, "", pod.Source));
                continue;
            }
            var enforced = policy.Enforced == policy.Policy
                ? null
                : PodFindings.Of(pod.Pod, policy.Enforced, _evaluator, at => pod.InjectedAt(at) is not null).Select(f => (f.Control, f.At)).ToHashSet();
            pods.Add(new(title, pod.Role, policy.Policy, true, enforced is null or { Count: > 0 }, _evaluator.Evaluate(pod.Pod.ToUtf8(), policy.Policy).Details, pod.Source));
            // A field that is the author's own is told as such before as what an injected container copies.
            foreach (var finding in ofPod.OrderBy(f => pod.InjectedAt(f.At) is not null))
            {
                if (Describe(title, policy.Policy, pod, finding, told) is { } described) findings.Add(described with { IsEnforced = enforced is null || enforced.Contains((finding.Control, finding.At)) });
            }
            notes.AddRange(pod.Injected.Select(i => $"{title}: the operator adds the container \"{i.Name}\" to the {pod.Role}; {i.Origin}."));
        }
        if (findings.Count == 0 && NoteOfDefaults(title, resource, policy.Policy) is { } note) notes.Add(note);
        return new(pods, findings, notes);
    }

    internal static string TitleOf(JsonObject resource) =>
        $"{resource.Kind}/{(resource.Name.Length > 0 ? resource.Name : resource.Text("metadata", "generateName") ?? "")}";

    private static ResourceFinding? Describe(string title, LevelVersion policy, ExpandedPod pod, PodFinding finding, HashSet<(FieldPath, string)> told)
    {
        var source = pod.SourceOf(finding.At);
        var injected = pod.InjectedAt(finding.At);
        // What several pods take from one field is one finding.
        if (!told.Add(source is not null ? (source, finding.CheckId) : (finding.At, $"{finding.CheckId} of {pod.Role}"))) return null;
        var editAt = finding.Edit is null ? null : pod.SourceOf(finding.Edit.Path);
        return new()
        {
            Resource = title,
            Role = pod.Role,
            Container = finding.Container,
            Policy = policy,
            IsEnforced = true,
            CheckId = finding.CheckId,
            Control = finding.Control,
            Reason = finding.Reason,
            Detail = finding.Detail,
            Advice = injected is { SecurityContext: null } ? injected.Origin : finding.Advice,
            Field = source,
            Edit = editAt is null ? null : new FieldEdit(editAt, finding.Edit!.Value),
            Place = source ?? pod.Source ?? FieldPath.Root,
        };
    }

    private string? NoteOfDefaults(string title, JsonObject resource, LevelVersion policy)
    {
        if (options.RayOperator != RayOperatorKind.Mobula || resource.GroupVersionKind.Group != "ray.io") return null;
        var asKubeRay = new PodExpansion(RayOperatorKind.KubeRay).Expand(resource).Sum(p => PodFindings.Of(p.Pod, policy, _evaluator).Count);
        return asKubeRay == 0 ? null : $"{title}: passes by what Mobula's operator sets; under KubeRay it has {asKubeRay} findings (--operator kuberay).";
    }
}
