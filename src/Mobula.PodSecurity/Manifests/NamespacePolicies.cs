using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Manifests;

/// <summary>The policies that the labels of the Namespaces among manifests ask for.</summary>
internal sealed class NamespacePolicies
{
    private static readonly JudgedPolicy Default = JudgedPolicy.Of(new LevelVersion(PodSecurityLevel.Restricted, PodSecurityVersion.Latest));

    private readonly Dictionary<string, JudgedPolicy> _policies = new(StringComparer.Ordinal);

    /// <summary>Takes the Namespaces among resources; labels that mean nothing are told.</summary>
    public void Add(IEnumerable<ManifestResource> resources, List<ManifestProblem> problems)
    {
        foreach (var resource in resources.Where(r => r.Object is { Kind: "Namespace", ApiVersion: "v1" }))
        {
            var (policy, errors) = NamespacePolicy.Of(resource.Object, default);
            foreach (var error in errors)
            {
                var label = error.Field["metadata.labels[".Length..^1];
                problems.Add(new(resource.File.Name, resource.PlaceOf(FieldPath.Root.Then("metadata", "labels", label)), error.ToString()));
            }
            var isLabelled = resource.Object.TextMap("metadata", "labels").Any(l => l.Key.StartsWith(NamespacePolicy.LabelPrefix, StringComparison.Ordinal));
            if (isLabelled) _policies[resource.Object.Name] = JudgedPolicy.Of(policy);
        }
    }

    public JudgedPolicy For(JsonObject o)
    {
        if (o.Namespace is { } ns) return _policies.GetValueOrDefault(ns, Default);
        // A single namespace beside objects without one is where they are meant to go.
        return _policies.Count == 1 ? _policies.Values.First() : Default;
    }
}
