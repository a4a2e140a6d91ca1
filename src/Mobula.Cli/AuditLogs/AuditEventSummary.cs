using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.Cli.AuditLogs;

/// <summary>What a person wants to know of an audit event (<c>audit.k8s.io/v1</c>).</summary>
internal sealed partial class AuditEventSummary(JsonObject e)
{
    /// <summary>When the request came.</summary>
    public DateTimeOffset? Time => KubernetesTime.Parse(e.Text("requestReceivedTimestamp"));

    /// <summary>The namespace the request is about: the object's, or the Namespace itself.</summary>
    public string? Namespace => e.Text("objectRef", "namespace") ?? (e.Text("objectRef", "resource") == "namespaces" ? e.Text("objectRef", "name") : null);

    /// <summary>Whether this is the request's last event, so that a request counts once.</summary>
    public bool IsLast => e.Text("stage") is "ResponseComplete" or "Panic";

    /// <summary>Whether the request was refused: by authorization or by admission.</summary>
    public bool IsDenied => e.Integer("responseStatus", "code") == 403;

    /// <summary>Whether Pod Security noted violations without refusing.</summary>
    public bool IsWarned => !IsDenied && AuditViolations is not null;

    /// <summary>Who: a ServiceAccount as <c>sa NAMESPACE/NAME</c>, anybody else by name.</summary>
    public string User
    {
        get
        {
            var name = e.Text("impersonatedUser", "username") ?? e.Text("user", "username") ?? "(nobody)";
            var parts = name.Split(':');
            return parts is ["system", "serviceaccount", var ns, var account] ? $"sa {ns}/{account}" : name;
        }
    }

    /// <summary>What was asked: the verb and the object.</summary>
    public string What
    {
        get
        {
            var resource = e.Text("objectRef", "resource");
            if (resource is null) return $"{e.Text("verb")} {e.Text("requestURI")}";
            var sub = e.Text("objectRef", "subresource") is { } s ? "/" + s : "";
            return $"{e.Text("verb")} {resource}{sub} {e.Text("objectRef", "name") ?? NameFromMessage() ?? ""}".TrimEnd();
        }
    }

    /// <summary>Why, in one line: the policy that was violated, or the server's message.</summary>
    public string Why => Violations is { } v ? v.Policy : Message;

    /// <summary>The Pod Security violations, container by container; null when there are none.</summary>
    public (string Policy, IReadOnlyList<(string Container, string Controls)> Containers)? Violations
    {
        get
        {
            var match = ViolationPattern().Match(IsDenied ? Message : AuditViolations ?? "");
            return match.Success ? (match.Groups["policy"].Value, ByContainer(match.Groups["list"].Value)) : null;
        }
    }

    private string Message => e.Text("responseStatus", "message") ?? "";

    private string? AuditViolations => e.Text("annotations", "pod-security.kubernetes.io/audit-violations");

    private string? NameFromMessage() => QuotedName().Match(Message) is { Success: true } m ? m.Groups[1].Value : null;

    /// <summary>Turns Kubernetes' list of controls, each with its containers, into a list of containers with their controls.</summary>
    private static List<(string Container, string Controls)> ByContainer(string list)
    {
        var containers = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (Match control in ControlPattern().Matches(list))
        {
            // `containers "a", "b" must set …`: what stands before the verb names containers, what comes after are values.
            var subject = control.Groups["detail"].Value.Split(" must ")[0];
            var names = subject.Contains("container", StringComparison.Ordinal) ? QuotedName().Matches(subject).Select(m => m.Groups[1].Value).ToList() : [];
            foreach (var name in names.Count == 0 ? ["pod"] : names)
            {
                if (!containers.TryGetValue(name, out var controls)) containers[name] = controls = [];
                controls.Add(control.Groups["reason"].Value.Trim(' ', ','));
            }
        }
        return [.. containers.Select(c => (c.Key, string.Join(", ", c.Value)))];
    }

    [GeneratedRegex("violates? PodSecurity \"(?<policy>[^\"]+)\": (?<list>.*)$", RegexOptions.Singleline)]
    private static partial Regex ViolationPattern();

    [GeneratedRegex("(?<reason>[^()\"]+)\\((?<detail>(?:[^()\"]|\"[^\"]*\")*)\\)")]
    private static partial Regex ControlPattern();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex QuotedName();
}
