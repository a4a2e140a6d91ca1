using System.Text.Json.Nodes;
using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Admission;

/// <summary>A pod that a request makes, read once, and which of several it is (null for a built-in resource's only one).</summary>
internal readonly record struct JudgedPod(ReadOnlyMemory<byte> Json, PodTraits Traits, string? Role)
{
    public static JudgedPod Read(ReadOnlyMemory<byte> json, string? role = null) => new(json, PodFacts.Read(json.Span).Traits, role);
}

/// <summary>What is found out about one request, until it is decided.</summary>
internal sealed class Trial(AdmissionRequest request, PodSecurityEvaluator evaluator, int kubernetesMinor, string metricResource)
{
    private readonly string _operation = request.Operation == AdmissionOperation.Create ? "create" : "update";
    private readonly SortedDictionary<string, string> _annotations = new(StringComparer.Ordinal);
    private readonly List<PodSecurityCount> _counts = [];
    private readonly Dictionary<LevelVersion, List<string>> _violations = [];

    public AdmissionRequest Request => request;

    public void Annotate(string key, string value) => _annotations[key] = value;

    public void Exempt(string why)
    {
        Annotate("exempt", why);
        _counts.Add(PodSecurityMetrics.Exemption(_operation, metricResource, request.Subresource));
    }

    public void CountError(bool fatal) => _counts.Add(PodSecurityMetrics.Error(fatal, _operation, metricResource, request.Subresource));

    public void CountEvaluation(bool allowed, LevelVersion policy, string mode) =>
        _counts.Add(PodSecurityMetrics.Evaluation(allowed, policy, mode, _operation, metricResource, request.Subresource, kubernetesMinor));

    /// <summary>The distinct texts of what the pods violate; empty when they pass. Modes of the same policy share one evaluation.</summary>
    public IReadOnlyList<string> Violations(IReadOnlyList<JudgedPod> pods, LevelVersion policy)
    {
        if (_violations.TryGetValue(policy, out var known)) return known;
        List<string> violations = [];
        foreach (var pod in pods)
        {
            var verdict = evaluator.Evaluate(new PodFacts(pod.Json.Span, pod.Traits), policy);
            if (verdict.IsAllowed) continue;
            var text = pod.Role is null ? verdict.Details : $"{verdict.Details} [{pod.Role}]";
            if (!violations.Contains(text)) violations.Add(text);
        }
        return _violations[policy] = violations;
    }

    public PodSecurityDecision Decision((string Key, string Value)? annotation = null, JsonObject? status = null, IReadOnlyList<string>? warnings = null)
    {
        if (annotation is var (key, value)) Annotate(key, value);
        return new() { Status = status, Warnings = warnings ?? [], AuditAnnotations = _annotations, Counts = _counts };
    }
}
