using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Admission;

/// <summary>
/// The Pod Security admission: which requests are judged, by which policy, and what is answered. It changes nothing and
/// remembers nothing; whoever calls it answers, warns, annotates and counts what the decision says.
/// </summary>
/// <param name="configuration">Defaults and exemptions.</param>
/// <param name="evaluator">Judges pods; its release is what <c>latest</c> means.</param>
/// <param name="expansion">What custom resources become, for their warnings; null: only built-in resources are judged.</param>
/// <param name="kubernetesMinor">The server's minor version; metrics call newer policies <c>future</c>. Null: the newest known.</param>
/// <param name="time">Measures the look at existing pods.</param>
public sealed class PodSecurityAdmission(
    PodSecurityConfiguration configuration, PodSecurityEvaluator evaluator, PodExpansion? expansion = null, int? kubernetesMinor = null, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly int _kubernetesMinor = kubernetesMinor ?? PodSecurityEvaluator.NewestKnownMinor;

    /// <summary>Whether creates and updates of a resource are looked at at all; all others are allowed without a request being made.</summary>
    public bool Concerns(string group, string resource) =>
        (group.Length == 0 && resource is "namespaces" or "pods") || PodTemplates.IsWorkload(group, resource) || expansion?.Knows(group, resource) == true;

    /// <summary>Decides a request.</summary>
    public PodSecurityDecision Decide(AdmissionRequest request)
    {
        if (request.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update) || !Concerns(request.Group, request.Resource)) return PodSecurityDecision.Allow;
        return (request.Group, request.Resource) switch
        {
            ("", "namespaces") => new NamespaceAdmission(configuration, evaluator, _time).Decide(request),
            ("", "pods") => DecidePod(request),
            _ => DecideWorkload(request),
        };
    }

    private PodSecurityDecision DecidePod(AdmissionRequest request)
    {
        if (request.Subresource is "exec" or "attach" or "binding" or "eviction" or "log" or "portforward" or "proxy" or "status")
        {
            return PodSecurityDecision.Allow;
        }
        var trial = new Trial(request, evaluator, _kubernetesMinor, "pod");
        if (IsExempt(request, trial)) return trial.Decision();

        JsonObject ns;
        try
        {
            ns = request.GetNamespace();
        }
        catch (StatusException e)
        {
            var cause = $"failed to lookup namespace \"{request.Namespace}\"";
            trial.CountError(fatal: true);
            return trial.Decision(annotation: ("error", $"{cause}: {e.Message}"), status: Statuses.InternalError(cause));
        }
        var (policy, errors) = NamespacePolicy.Of(ns, configuration.Defaults);
        if (errors.Count == 0 && policy.IsFullyPrivileged)
        {
            trial.CountEvaluation(true, policy.Enforce, "enforce");
            return trial.Decision(annotation: ("enforce-policy", new LevelVersion(PodSecurityLevel.Privileged, PodSecurityVersion.Latest).ToString()));
        }

        var read = "object";
        try
        {
            var identity = PodIdentity.Read(request.Object.Span);
            if (request.Operation == AdmissionOperation.Update)
            {
                var images = PodImages.Read(request.Object.Span);
                read = "old object";
                if (!images.IsSignificantChangeOf(PodImages.Read(request.OldObject.Span))) return PodSecurityDecision.Allow;
                read = "object";
            }
            return Evaluate(trial, identity.RuntimeClass, policy, errors, [JudgedPod.Read(request.Object)], enforce: true);
        }
        catch (JsonException e)
        {
            trial.CountError(fatal: true);
            return trial.Decision(annotation: ("error", $"failed to decode {read}: {e.Message}"), status: Statuses.BadRequest($"failed to decode {read}"));
        }
    }

    private PodSecurityDecision DecideWorkload(AdmissionRequest request)
    {
        if (request.Subresource.Length > 0) return PodSecurityDecision.Allow;
        var trial = new Trial(request, evaluator, _kubernetesMinor, "controller");
        if (IsExempt(request, trial)) return trial.Decision();

        JsonObject ns;
        try
        {
            ns = request.GetNamespace();
        }
        catch (StatusException e)
        {
            trial.CountError(fatal: true);
            return trial.Decision(annotation: ("error", $"failed to lookup namespace \"{request.Namespace}\": {e.Message}"));
        }
        var (policy, errors) = NamespacePolicy.Of(ns, configuration.Defaults);
        if (errors.Count == 0 && policy.Warn.Level == PodSecurityLevel.Privileged && policy.Audit.Level == PodSecurityLevel.Privileged)
        {
            return PodSecurityDecision.Allow;
        }
        try
        {
            var pods = PodsOf(request);
            if (pods.Count == 0) return PodSecurityDecision.Allow;
            var runtimeClass = PodIdentity.Read(pods[0].Json.Span).RuntimeClass;
            return Evaluate(trial, runtimeClass, policy, errors, pods, enforce: false);
        }
        catch (JsonException e)
        {
            trial.CountError(fatal: true);
            return trial.Decision(annotation: ("error", $"failed to decode object: {e.Message}"));
        }
    }

    private IReadOnlyList<JudgedPod> PodsOf(AdmissionRequest request)
    {
        if (!PodTemplates.IsWorkload(request.Group, request.Resource))
        {
            return [.. expansion!.Expand(KubernetesJson.ParseObject(request.Object.Span)).Select(p => JudgedPod.Read(p.Pod.ToUtf8(), p.Role))];
        }
        var template = PodTemplates.Locate(request.Object.Span, request.Group, request.Resource);
        return template.IsEmpty ? [] : [JudgedPod.Read(template.ToArray())];
    }

    private bool IsExempt(AdmissionRequest request, Trial trial)
    {
        var exemption = configuration.ExemptNamespaces.Contains(request.Namespace) ? "namespace"
            : configuration.ExemptUserNames.Contains(request.UserName) ? "user"
            : null;
        if (exemption is not null) trial.Exempt(exemption);
        return exemption is not null;
    }

    private PodSecurityDecision Evaluate(
        Trial trial, string runtimeClass, NamespacePolicy policy, IReadOnlyList<InvalidField> errors, IReadOnlyList<JudgedPod> pods, bool enforce)
    {
        if (runtimeClass.Length > 0 && configuration.ExemptRuntimeClasses.Contains(runtimeClass))
        {
            trial.Exempt("runtimeClass");
            return trial.Decision();
        }
        if (errors.Count > 0)
        {
            trial.Annotate("error", $"Failed to parse policy: {InvalidField.Aggregate(errors.Select(e => e.ToString()))}");
            trial.CountError(fatal: false);
        }
        JsonObject? denial = null;
        if (enforce)
        {
            var details = trial.Violations(pods, policy.Enforce);
            trial.Annotate("enforce-policy", policy.Enforce.ToString());
            trial.CountEvaluation(details.Count == 0, policy.Enforce, "enforce");
            if (details.Count > 0) denial = Statuses.Forbidden(trial.Request, $"violates PodSecurity \"{policy.Enforce}\": {details[0]}");
        }
        var audited = trial.Violations(pods, policy.Audit);
        if (audited.Count > 0)
        {
            trial.Annotate("audit-violations", $"would violate PodSecurity \"{policy.Audit}\": {string.Join("; ", audited)}");
            trial.CountEvaluation(false, policy.Audit, "audit");
        }
        if (denial is not null) return trial.Decision(status: denial);
        var warned = trial.Violations(pods, policy.Warn);
        if (warned.Count > 0) trial.CountEvaluation(false, policy.Warn, "warn");
        return trial.Decision(warnings: [.. warned.Select(details => $"would violate PodSecurity \"{policy.Warn}\": {details}")]);
    }
}
