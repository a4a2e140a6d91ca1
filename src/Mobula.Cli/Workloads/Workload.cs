using Mobula.Kubernetes;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Workloads;

/// <summary>A workload of a cluster that a policy refuses or warns about.</summary>
internal sealed class Workload(string ns, GroupVersionKind type, string? resource, string name)
{
    private readonly HashSet<(string?, string)> _known = [];

    /// <summary>Its namespace.</summary>
    public string Namespace => ns;

    /// <summary>Its type.</summary>
    public GroupVersionKind Type => type;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary><c>KIND/NAME</c>.</summary>
    public string Title => $"{type.Kind}/{name}";

    /// <summary>What is wrong with its templates, or with its pods beyond them.</summary>
    public List<ResourceFinding> Findings { get; } = [];

    /// <summary>Its pods that run now and violate the policy.</summary>
    public int RunningPods { get; set; }

    /// <summary>Whether something makes its pods worse than its templates: a webhook, or an operator.</summary>
    public bool IsChangedAfterwards { get; private set; }

    /// <summary>Adds what was found in a template.</summary>
    public void AddFromTemplate(ResourceFinding finding)
    {
        _known.Add((finding.Container, finding.CheckId));
        Findings.Add(finding);
    }

    /// <summary>Adds what was found in a running pod, if no template has it.</summary>
    public void AddFromPod(ResourceFinding finding, bool isOwn)
    {
        if (!_known.Add((finding.Container, finding.CheckId))) return;
        if (!isOwn) IsChangedAfterwards = true;
        Findings.Add(isOwn ? finding : finding with { Role = "running pod, not in the template", Edit = null, Advice = $"what adds it (a webhook, an operator) must set it: {finding.Advice}" });
    }

    /// <summary>The command that mends what can be mended.</summary>
    public string? FixCommand(string? policyFlags)
    {
        if (!Findings.Exists(f => f.CanBeFixed)) return null;
        var flags = policyFlags is null ? "" : $" {policyFlags}";
        var target = $"-n {ns} {(type.Group.Length == 0 ? resource ?? type.Kind.ToLowerInvariant() : $"{resource ?? type.Kind.ToLowerInvariant()}.{type.Group}")} {name}";
        return type.Kind switch
        {
            // Nothing of a pod's security can be changed while it lives.
            "Pod" => $"kubectl get {target} -o yaml | mobula fix -f -{flags} | kubectl replace --force -f -",
            "Job" => null,
            _ => $"kubectl patch {target} --type json -p \"$(kubectl get {target} -o json | mobula fix -f - --json-patch{flags})\"",
        };
    }
}
