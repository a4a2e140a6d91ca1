using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Authorization;

/// <summary>Role-based access control over the Roles and bindings in the store.</summary>
internal sealed class RbacAuthorizer(ObjectStore store)
{
    public const string Group = "rbac.authorization.k8s.io";

    // Objects in the store never change, so that what was read from one stays true for it.
    private static readonly ConditionalWeakTable<StoredObject, IReadOnlyList<RbacRule>> RuleCache = [];
    private static readonly ConditionalWeakTable<StoredObject, Binding> BindingCache = [];

    /// <summary>The reason why the user may, or null when no rule lets the user.</summary>
    public string? Allow(UserInfo user, AccessAttributes access)
    {
        foreach (var (rules, reason) in RulesFor(user, access.Namespace))
        {
            if (rules.Any(r => r.Allows(access))) return reason();
        }
        return null;
    }

    /// <summary>All rules that a user has in a namespace (empty: the cluster's alone).</summary>
    public IEnumerable<(IReadOnlyList<RbacRule> Rules, Func<string> Reason)> RulesFor(UserInfo user, string ns)
    {
        foreach (var (_, stored) in store.List($"clusterrolebindings.{Group}").Objects)
        {
            var binding = Read(stored);
            if (binding.SubjectOf(user, "") is not { } subject) continue;
            if (Rules("ClusterRole", binding.RoleName, "") is { } rules)
            {
                yield return (rules, () => $"RBAC: allowed by ClusterRoleBinding \"{stored.Key.Name}\" of ClusterRole \"{binding.RoleName}\" to {subject}");
            }
        }
        if (ns.Length == 0) yield break;
        foreach (var (_, stored) in store.List($"rolebindings.{Group}").Objects)
        {
            if (stored.Key.Namespace != ns) continue;
            var binding = Read(stored);
            if (binding.SubjectOf(user, ns) is not { } subject) continue;
            if (Rules(binding.RoleKind, binding.RoleName, ns) is { } rules)
            {
                yield return (rules, () => $"RBAC: allowed by RoleBinding \"{stored.Key.Name}/{ns}\" of {binding.RoleKind} \"{binding.RoleName}\" to {subject}");
            }
        }
    }

    /// <summary>The rules of a role; null when it is not there.</summary>
    public IReadOnlyList<RbacRule>? Rules(string kind, string name, string ns)
    {
        var key = kind == "ClusterRole" ? new ObjectKey($"clusterroles.{Group}", "", name) : new ObjectKey($"roles.{Group}", ns, name);
        return store.Get(key) is { } stored ? RuleCache.GetValue(stored, s => [.. s.Parse().Objects("rules").Select(RbacRule.Read)]) : null;
    }

    private static Binding Read(StoredObject stored) => BindingCache.GetValue(stored, s =>
    {
        var o = s.Parse();
        return new(o.Text("roleRef", "kind") ?? "", o.Text("roleRef", "name") ?? "", [.. o.Objects("subjects").Select(Subject.Read)]);
    });

    private sealed record Binding(string RoleKind, string RoleName, IReadOnlyList<Subject> Subjects)
    {
        public string? SubjectOf(UserInfo user, string ns)
        {
            foreach (var subject in Subjects)
            {
                var found = subject.Kind switch
                {
                    "User" => user.Name == subject.Name,
                    "Group" => user.Groups.Contains(subject.Name),
                    "ServiceAccount" => (subject.Namespace.Length > 0 ? subject.Namespace : ns) is { Length: > 0 } home
                        && user.Name == $"system:serviceaccount:{home}:{subject.Name}",
                    _ => false,
                };
                if (found) return subject.Kind == "ServiceAccount" ? $"ServiceAccount \"{subject.Name}/{(subject.Namespace.Length > 0 ? subject.Namespace : ns)}\"" : $"{subject.Kind} \"{subject.Name}\"";
            }
            return null;
        }
    }

    private sealed record Subject(string Kind, string Name, string Namespace)
    {
        public static Subject Read(JsonObject subject) => new(subject.Text("kind") ?? "", subject.Text("name") ?? "", subject.Text("namespace") ?? "");
    }
}
