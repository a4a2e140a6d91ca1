using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Remediation;

namespace Mobula.PodSecurity.Manifests;

/// <summary>Judges manifests: every pod that their resources will make, injected containers included.</summary>
public static class ManifestCheck
{
    /// <summary>Judges files together, so that a Namespace in one decides for the objects in the others.</summary>
    public static ManifestReport Check(IReadOnlyList<ManifestFile> files, ManifestOptions options)
    {
        var (resources, problems) = ManifestReader.Read(files);
        var policies = NamespacePolicies(resources, problems);
        var judge = new Judge(options, problems);
        foreach (var resource in resources) judge.Add(resource, options.Policy ?? PolicyFor(resource.Object, policies));
        var order = files.Select((f, i) => (f.Name, Index: i)).GroupBy(f => f.Name).ToDictionary(g => g.Key, g => g.First().Index, StringComparer.Ordinal);
        return new(
            [.. judge.Findings.OrderBy(f => order[f.File]).ThenBy(f => f.Position.Index)],
            problems, [.. judge.Notes.Distinct(StringComparer.Ordinal)], judge.Pods, judge.RefusedPods);
    }

    private static Dictionary<string, LevelVersion> NamespacePolicies(List<ManifestResource> resources, List<ManifestProblem> problems)
    {
        Dictionary<string, LevelVersion> policies = new(StringComparer.Ordinal);
        foreach (var resource in resources.Where(r => r.Object is { Kind: "Namespace", ApiVersion: "v1" }))
        {
            var (policy, errors) = NamespacePolicy.Of(resource.Object, default);
            foreach (var error in errors)
            {
                var label = error.Field["metadata.labels[".Length..^1];
                problems.Add(new(resource.File.Name, resource.PlaceOf(FieldPath.Root.Then("metadata", "labels", label)), error.ToString()));
            }
            var isLabelled = resource.Object.TextMap("metadata", "labels").Any(l => l.Key.StartsWith(NamespacePolicy.LabelPrefix, StringComparison.Ordinal));
            if (!isLabelled) continue;
            var strictest = policy.Enforce;
            foreach (var mode in new[] { policy.Audit, policy.Warn })
            {
                if (mode.Level > strictest.Level) strictest = mode;
            }
            policies[resource.Object.Name] = strictest;
        }
        return policies;
    }

    private static LevelVersion PolicyFor(JsonObject o, Dictionary<string, LevelVersion> policies)
    {
        if (o.Namespace is { } ns && policies.TryGetValue(ns, out var policy)) return policy;
        // A single namespace beside objects without one is where they are meant to go.
        if (o.Namespace is null && policies.Count == 1) return policies.Values.First();
        return new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
    }

    private sealed class Judge(ManifestOptions options, List<ManifestProblem> problems)
    {
        private readonly PodSecurityEvaluator _evaluator = options.KubernetesMinor is { } minor ? new(minor) : PodSecurityEvaluator.Default;
        private readonly PodExpansion _expansion = new(options.RayOperator, options.OtherTemplates);

        public List<ManifestFinding> Findings { get; } = [];

        public List<string> Notes { get; } = [];

        public int Pods { get; private set; }

        public int RefusedPods { get; private set; }

        public void Add(ManifestResource resource, LevelVersion policy)
        {
            HashSet<(FieldPath?, string)> told = [];
            try
            {
                foreach (var pod in _expansion.Expand(resource.Object))
                {
                    Pods++;
                    var findings = PodFindings.Of(pod.Pod, policy, _evaluator, at => pod.InjectedAt(at) is not null);
                    if (findings.Count > 0) RefusedPods++;
                    // A field that is the author's own is told as such before as what an injected container copies.
                    foreach (var finding in findings.OrderBy(f => pod.InjectedAt(f.At) is not null)) Add(resource, policy, pod, finding, told);
                    if (findings.Count == 0) continue;
                    foreach (var injected in pod.Injected)
                    {
                        Notes.Add($"{resource.Title}: the operator adds the container \"{injected.Name}\" to the {pod.Role}; {injected.Origin}.");
                    }
                }
                if (told.Count == 0) NoteDefaults(resource, policy);
            }
            catch (JsonException e)
            {
                problems.Add(new(resource.File.Name, resource.PlaceOf(FieldPath.Root), $"{resource.Title}: {e.Message}"));
            }
        }

        private void Add(ManifestResource resource, LevelVersion policy, ExpandedPod pod, PodFinding finding, HashSet<(FieldPath?, string)> told)
        {
            var source = pod.SourceOf(finding.At);
            var injected = pod.InjectedAt(finding.At);
            // What several pods take from one field is one finding.
            if (source is not null && !told.Add((source, finding.CheckId))) return;
            if (source is null) told.Add((finding.At, finding.CheckId));
            var editAt = finding.Edit is null ? null : pod.SourceOf(finding.Edit.Path);
            Findings.Add(new()
            {
                File = resource.File.Name,
                Position = resource.PlaceOf(source ?? pod.Source ?? FieldPath.Root),
                Resource = resource.Title,
                Role = pod.Role,
                Container = finding.Container,
                Policy = policy,
                CheckId = finding.CheckId,
                Control = finding.Control,
                Reason = finding.Reason,
                Advice = injected is { SecurityContext: null } ? injected.Origin : finding.Advice,
                Field = source,
                Edit = editAt is null ? null : new FieldEdit(editAt, finding.Edit!.Value),
                Source = resource,
            });
        }

        private void NoteDefaults(ManifestResource resource, LevelVersion policy)
        {
            if (options.RayOperator != RayOperatorKind.Mobula || resource.Object.GroupVersionKind.Group != "ray.io") return;
            var asKubeRay = new PodExpansion(RayOperatorKind.KubeRay).Expand(resource.Object).Sum(p => PodFindings.Of(p.Pod, policy, _evaluator).Count);
            if (asKubeRay > 0)
            {
                Notes.Add($"{resource.Title}: passes by what Mobula's operator sets; under KubeRay it has {asKubeRay} findings (--operator kuberay).");
            }
        }
    }
}
