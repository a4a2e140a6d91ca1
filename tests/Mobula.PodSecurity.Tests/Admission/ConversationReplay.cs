using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;

namespace Mobula.PodSecurity.Tests.Admission;

/// <summary>
/// Replays the recorded conversations against the admission alone: a few dictionaries stand in for the API server. A step
/// that this stand-in does not understand (commands, other resources, refusals that are not Pod Security's) is passed over.
/// </summary>
internal sealed class ConversationReplay(JsonObject conversation, PodSecurityConfiguration configuration)
{
    private readonly PodSecurityAdmission _admission = new(configuration, PodSecurityEvaluator.Default);
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly string _namespace = conversation.Text("namespace") ?? "";

    public int Compared { get; private set; }

    public List<string> Differences { get; } = [];

    public void Run()
    {
        if (_namespace.Length > 0)
        {
            var labels = new JsonObject { ["kubernetes.io/metadata.name"] = _namespace };
            foreach (var (key, value) in conversation.TextMap("labels")) labels[key] = value;
            _objects[$"namespaces/{_namespace}"] = new() { ["metadata"] = new JsonObject { ["name"] = _namespace, ["labels"] = labels } };
        }
        foreach (var step in conversation.Objects("steps")) Replay(step);
    }

    private void Replay(JsonObject step)
    {
        var (method, path, answer) = (step.Text("method"), step.Text("path")?.Replace("${ns}", _namespace, StringComparison.Ordinal), step.Object("answer"));
        if (path is null || answer is null || method is not ("POST" or "PUT" or "PATCH") || step.Text("anonymous") is not null) return;
        if (JsonNode.Parse((step["body"] ?? new JsonObject()).ToJsonString().Replace("${ns}", _namespace, StringComparison.Ordinal)) is not JsonObject body) return;
        var status = (int)(answer.Integer("status") ?? 0);
        var isDenial = status is 403 or 422 && answer.ToJsonString().Contains("PodSecurity", StringComparison.Ordinal);
        isDenial |= status == 422 && (answer.Text("body", "message") ?? "").Contains("metadata.labels[pod-security", StringComparison.Ordinal)
            && !(answer.Text("body", "message") ?? "").Contains("a valid label", StringComparison.Ordinal);
        if (status is not (200 or 201) && !isDenial) return;
        if (Parse(path) is not var (group, ns, resource, name, subresource)) return;
        if (method == "POST" && name.Length == 0) name = body.Name;
        if (name.Length == 0 && answer.Text("body", "details", "name") is { } generated) name = generated;

        var key = resource == "namespaces" ? $"namespaces/{name}" : $"{ns}/{resource}/{name}";
        var old = _objects.GetValueOrDefault(key);
        var next = method == "PATCH" ? old?.Clone() : body;
        if (next is null || (method == "PUT" && old is null)) return;
        if (method == "PATCH") Merge(next, body);
        next.Ensure("metadata")["name"] = name;
        Default(next);
        var decision = _admission.Decide(new()
        {
            Operation = method == "POST" && subresource.Length == 0 ? AdmissionOperation.Create : AdmissionOperation.Update,
            Group = group, Resource = resource, Subresource = subresource, Namespace = ns, Name = name,
            UserName = step.Text("headers", "Impersonate-User") ?? "admin",
            Object = next.ToUtf8(), OldObject = (old ?? []).ToUtf8(),
            GetNamespace = () => _objects.GetValueOrDefault($"namespaces/{ns}") ?? new JsonObject(),
            ListPods = () => _objects.Where(o => o.Key.StartsWith($"{name}/pods/", StringComparison.Ordinal)).Select(o => (ReadOnlyMemory<byte>)o.Value.ToUtf8()),
        });
        if (decision.IsAllowed && !path.Contains("dryRun", StringComparison.Ordinal)) _objects[key] = next;
        if (decision.IsAllowed && resource == "jobs" && !path.Contains("dryRun", StringComparison.Ordinal)) RunJob(ns, next);
        Compare(step, answer, isDenial, decision);
    }

    private void Compare(JsonObject step, JsonObject answer, bool isDenial, PodSecurityDecision decision)
    {
        Compared++;
        var what = $"{conversation.Text("name")}: {step.Text("do")}";
        if (decision.IsAllowed == isDenial) Differences.Add($"{what}: expected {(isDenial ? "a denial" : "no denial")}, got {decision.Status?.ToJsonString() ?? "none"}");
        else if (isDenial && answer["body"] is JsonObject body && !JsonNode.DeepEquals(Masked(decision.Status!), Masked(body)))
        {
            Differences.Add($"{what}:\n  expected {body.ToJsonString()}\n  got      {decision.Status!.ToJsonString()}");
        }
        var warnings = answer.Texts("headers", "Warning").Where(IsOfPodSecurity).ToList();
        var own = decision.Warnings.Select(w => $"299 - \"{w.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"").ToList();
        if (!warnings.SequenceEqual(own))
        {
            Differences.Add($"{what}:\n  expected {string.Join("\n  ", warnings)}\n  got      {string.Join("\n           ", own)}");
        }
        if (answer.Objects("audit").LastOrDefault()?.Object("annotations") is not { } annotations) return;
        var expected = annotations.TextMap().Where(a => a.Key.StartsWith(PodSecurityDecision.AuditAnnotationPrefix, StringComparison.Ordinal)).Select(a => $"{a.Key}: {a.Value}").Order(StringComparer.Ordinal);
        var got = decision.AuditAnnotations.Select(a => $"{PodSecurityDecision.AuditAnnotationPrefix}{a.Key}: {a.Value}").Order(StringComparer.Ordinal);
        if (!expected.SequenceEqual(got)) Differences.Add($"{what}:\n  expected {string.Join("\n  ", expected)}\n  got      {string.Join("\n           ", got)}");
    }

    // Field deprecations and the like come from other parts of the API server.
    private static bool IsOfPodSecurity(string warning) =>
        !warning.Contains("deprecated", StringComparison.Ordinal) && !warning.Contains("non-functional", StringComparison.Ordinal) &&
        !warning.StartsWith("299 - \"spec.", StringComparison.Ordinal);

    private void RunJob(string ns, JsonObject job)
    {
        var pod = job.Object("spec", "template")!.Clone();
        pod.Ensure("metadata")["name"] = $"{job.Name}-xxxxx";
        var decision = _admission.Decide(new()
        {
            Operation = AdmissionOperation.Create, Resource = "pods", Namespace = ns, Name = $"{job.Name}-xxxxx",
            UserName = "system:serviceaccount:kube-system:job-controller", Object = pod.ToUtf8(),
            GetNamespace = () => _objects[$"namespaces/{ns}"],
        });
        if (decision.IsAllowed) _objects[$"{ns}/pods/{job.Name}-xxxxx"] = pod;
    }

    private static JsonNode Masked(JsonObject status)
    {
        var copy = status.Clone();
        if (copy.Object("details") is { } details) details.Remove("uid");
        return copy;
    }

    private static (string Group, string Namespace, string Resource, string Name, string Subresource)? Parse(string path)
    {
        var parts = path.Split('?')[0].Trim('/').Split('/');
        var (group, rest) = parts[0] == "api" ? ("", parts[2..]) : (parts[1], parts[3..]);
        if (rest is ["namespaces", .. var name] && name.Length < 3 && (name.Length < 2 || name[1] is "status" or "finalize"))
        {
            return (group, "", "namespaces", name.ElementAtOrDefault(0) ?? "", name.ElementAtOrDefault(1) ?? "");
        }
        return rest is ["namespaces", var ns, var resource, .. var more]
            ? (group, ns, resource, more.ElementAtOrDefault(0) ?? "", more.ElementAtOrDefault(1) ?? "")
            : null;
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is JsonObject o && target[name] is JsonObject t) Merge(t, o);
            else if (name == "ephemeralContainers" && target[name] is JsonArray list) target[name] = new JsonArray([.. ((JsonArray)value).Concat(list).Select(n => n!.DeepClone())]);
            else if (value is JsonArray { Count: 1 } one && one[0] is JsonObject element && target[name] is JsonArray { Count: > 0 } old && element.ContainsKey("name")
                && old.OfType<JsonObject>().FirstOrDefault(e => e.Text("name") == element.Text("name")) is { } same) Merge(same, element);
            else target[name] = value.DeepClone();
        }
    }

    // What the API server defaults and the checks see.
    private static void Default(JsonObject o)
    {
        foreach (var spec in new[] { o.Object("spec"), o.Object("spec", "template", "spec"), o.Object("template", "spec"), o.Object("spec", "jobTemplate", "spec", "template", "spec") })
        {
            if (spec is null) continue;
            foreach (var volume in spec.Objects("volumes").Where(v => v.Count == 1)) volume["emptyDir"] = new JsonObject();
            if (spec.Flag("hostNetwork") != true) continue;
            foreach (var port in spec.Objects("containers").Concat(spec.Objects("initContainers")).SelectMany(c => c.Objects("ports"))) port["hostPort"] ??= port["containerPort"]!.DeepClone();
        }
    }
}
