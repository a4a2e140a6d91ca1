using System.Text.Json.Nodes;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Authorization;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission;

/// <summary>Nobody grants rights that they do not hold themselves, unless they may <c>escalate</c> roles or <c>bind</c> the role.</summary>
internal sealed class RbacEscalation(Authorizer authorizer, RbacAuthorizer rbac) : AdmissionPlugin
{
    public override string Name => "RBAC";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        var resource = review.Definition.Resource;
        if (resource.Group != RbacAuthorizer.Group || review.Subresource.Length > 0 || review.Object is not { } o) return default;
        if (review.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update) || IsTrusted(review.Write.User)) return default;
        // What stays as it is grants nothing new.
        if (review.OldObject is { } old && JsonNode.DeepEquals(old["rules"], o["rules"]) && JsonNode.DeepEquals(old["subjects"], o["subjects"])
            && JsonNode.DeepEquals(old["roleRef"], o["roleRef"]))
        {
            return default;
        }
        var user = review.Write.User;
        if (resource.Resource is "roles" or "clusterroles")
        {
            if (!May(user, "escalate", resource.Resource, review.Namespace, review.Name)) Require(review, [.. o.Objects("rules").Select(RbacRule.Read)]);
            return default;
        }
        var (kind, name) = (o.Text("roleRef", "kind") ?? "", o.Text("roleRef", "name") ?? "");
        if (May(user, "bind", kind == "ClusterRole" ? "clusterroles" : "roles", review.Namespace, name)) return default;
        Require(review, rbac.Rules(kind, name, review.Namespace) ?? throw StatusException.NotFound(resource, review.Name));
        return default;
    }

    private static bool IsTrusted(UserInfo user) => user.Groups.Contains(UserInfo.Masters);

    private bool May(UserInfo user, string verb, string resource, string ns, string name) =>
        authorizer.Decide(user, new() { Verb = verb, Group = RbacAuthorizer.Group, Version = "v1", Resource = resource, Namespace = ns, Name = name }).Allowed;

    private void Require(AdmissionReview review, IReadOnlyList<RbacRule> granted)
    {
        var user = review.Write.User;
        var own = rbac.RulesFor(user, review.Namespace).SelectMany(r => r.Rules).ToList();
        var missing = granted.SelectMany(Split).Where(rule => !own.Any(o => Covers(o, rule))).ToList();
        if (missing.Count == 0) return;
        var groups = string.Join(' ', user.Groups.Select(g => GoText.Quote(g)));
        throw StatusException.Forbidden(review.Definition.Resource, review.Name,
            $"user {GoText.Quote(user.Name)} (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{string.Join('\n', Describe(missing))}");
    }

    /// <summary>The rules that grant one verb on one thing each.</summary>
    private static IEnumerable<RbacRule> Split(RbacRule rule)
    {
        foreach (var verb in rule.Verbs)
        {
            foreach (var path in rule.Paths) yield return new([verb], [], [], [], [path]);
            foreach (var group in rule.Groups)
            {
                foreach (var resource in rule.Resources)
                {
                    if (rule.Names.Count == 0) yield return new([verb], [group], [resource], [], []);
                    foreach (var name in rule.Names) yield return new([verb], [group], [resource], [name], []);
                }
            }
        }
    }

    private static bool Covers(RbacRule own, RbacRule wanted)
    {
        if (!Has(own.Verbs, wanted.Verbs[0])) return false;
        if (wanted.Paths is [var path]) return own.Paths.Any(p => p == path || p == "*" || (p.EndsWith('*') && path.StartsWith(p[..^1], StringComparison.Ordinal)));
        var resource = wanted.Resources[0];
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        var held = Has(own.Resources, resource) || (slash >= 0 && own.Resources.Contains($"*{resource[slash..]}"));
        return held && Has(own.Groups, wanted.Groups[0]) && (own.Names.Count == 0 || (wanted.Names.Count > 0 && own.Names.Contains(wanted.Names[0])));
    }

    private static bool Has(IReadOnlyList<string> list, string wanted) => list.Contains("*") || list.Contains(wanted);

    /// <summary>The rules in Go's words, those that differ in the verb alone as one.</summary>
    private static IEnumerable<string> Describe(IEnumerable<RbacRule> rules) => rules
        .GroupBy(r => string.Concat(Part("APIGroups", r.Groups), Part("Resources", r.Resources), Part("NonResourceURLs", r.Paths), Part("ResourceNames", r.Names)))
        .Select(g => $"{{{g.Key}Verbs:[{string.Join(' ', g.Select(r => GoText.Quote(r.Verbs[0])).Distinct())}]}}")
        .Order(StringComparer.Ordinal);

    private static string Part(string name, IReadOnlyList<string> values) =>
        values.Count == 0 ? "" : $"{name}:[{string.Join(' ', values.Select(v => GoText.Quote(v)))}], ";
}
