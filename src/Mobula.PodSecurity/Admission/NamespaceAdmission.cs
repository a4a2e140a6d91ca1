using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Admission;

/// <summary>Requests for namespaces: labels that are no policy are refused, and who tightens one is told of the pods in it.</summary>
internal sealed class NamespaceAdmission(PodSecurityConfiguration configuration, PodSecurityEvaluator evaluator, TimeProvider time)
{
    public PodSecurityDecision Decide(AdmissionRequest request)
    {
        if (request.Subresource.Length > 0) return PodSecurityDecision.Allow;
        var read = "object";
        JsonObject ns;
        JsonObject? old = null;
        try
        {
            ns = KubernetesJson.ParseObject(request.Object.Span);
            read = " old object";
            if (request.Operation == AdmissionOperation.Update) old = KubernetesJson.ParseObject(request.OldObject.Span);
        }
        catch (JsonException)
        {
            return Deny(Statuses.BadRequest($"failed to decode {read}"));
        }
        var name = request.Name.Length > 0 ? request.Name : ns.Name;
        var (policy, errors) = NamespacePolicy.Of(ns, configuration.Defaults);
        if (old is null) return errors.Count > 0 ? Deny(Statuses.Invalid(name, errors)) : Warn(ExemptionWarning(name, ns, policy));

        var (oldPolicy, oldErrors) = NamespacePolicy.Of(old, configuration.Defaults);
        // Bad labels that came in another way must not lock the namespace against every other change.
        if (errors.Count > 0 && !errors.SequenceEqual(oldErrors)) return Deny(Statuses.Invalid(name, errors));
        var (enforce, oldEnforce) = (policy.Enforce, oldPolicy.Enforce);
        if (enforce == oldEnforce || enforce.Level == PodSecurityLevel.Privileged ||
            (enforce.Version == oldEnforce.Version && enforce.Level <= oldEnforce.Level))
        {
            return PodSecurityDecision.Allow;
        }
        if (configuration.ExemptNamespaces.Contains(name)) return Warn(ExemptionWarning(name, ns, policy));
        return Warn(ExistingPods.Warnings(request with { Name = name }, enforce, evaluator, configuration, time));
    }

    private static PodSecurityDecision Deny(JsonObject status) => new() { Status = status };

    private static PodSecurityDecision Warn(IReadOnlyList<string> warnings) =>
        warnings.Count == 0 ? PodSecurityDecision.Allow : new() { Warnings = warnings };

    private IReadOnlyList<string> ExemptionWarning(string name, JsonObject ns, NamespacePolicy policy)
    {
        if (!configuration.ExemptNamespaces.Contains(name) || policy.IsFullyPrivileged || policy.IsEquivalentTo(configuration.Defaults)) return [];
        List<string> modes = [];
        foreach (var (mode, value) in new[] { ("enforce", policy.Enforce), ("audit", policy.Audit), ("warn", policy.Warn) })
        {
            var label = NamespacePolicy.LabelPrefix + mode;
            if (value.Level != PodSecurityLevel.Privileged && (ns.Label(label) ?? ns.Label($"{label}-version")) is not null) modes.Add($"{mode}={value}");
        }
        return [$"namespace \"{name}\" is exempt from Pod Security, and the policy ({string.Join(", ", modes)}) will be ignored"];
    }
}
