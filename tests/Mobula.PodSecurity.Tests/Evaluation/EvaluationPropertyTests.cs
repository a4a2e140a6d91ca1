using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Tests.Evaluation;

/// <summary>What must hold of the evaluation for any pod, tried on a thousand random ones.</summary>
public sealed class EvaluationPropertyTests
{
    private static readonly LevelVersion Baseline = new(PodSecurityLevel.Baseline, PodSecurityVersion.Latest);
    private static readonly LevelVersion Restricted = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
    private static readonly JsonObject[] Pods = [.. VerdictTable.ReadVendored("podsecurity-random-a.jsonl.gz").Select(r => r.Object("pod")!)];

    [Fact]
    public void What_baseline_refuses_restricted_refuses_too_but_for_Windows()
    {
        // Restricted takes the place of baseline's checks of capabilities and seccomp, and then exempts Windows from its own.
        foreach (var pod in Pods.Where(p => p.Text("spec", "os", "name") != "windows"))
        {
            if (Evaluate(pod, Restricted).IsAllowed) Assert.True(Evaluate(pod, Baseline).IsAllowed);
        }
    }

    [Fact]
    public void Order_of_fields_changes_nothing()
    {
        foreach (var pod in Pods) Assert.Equal(Evaluate(pod, Restricted).Details, Evaluate((JsonObject)Reversed(pod)!, Restricted).Details);
    }

    [Fact]
    public void Order_of_containers_changes_no_reason()
    {
        foreach (var pod in Pods)
        {
            var turned = pod.Clone();
            foreach (var list in new[] { "initContainers", "containers", "ephemeralContainers" })
            {
                if (turned.List("spec", list) is { } containers) turned["spec"]![list] = new JsonArray([.. containers.Reverse().Select(c => c?.DeepClone())]);
            }
            Assert.Equal(Evaluate(pod, Restricted).Reasons, Evaluate(turned, Restricted).Reasons);
        }
    }

    [Fact]
    public void Unknown_fields_change_nothing()
    {
        foreach (var pod in Pods) Assert.Equal(Evaluate(pod, Restricted).Details, Evaluate((JsonObject)WithUnknown(pod)!, Restricted).Details);
    }

    [Fact]
    public void Escaped_JSON_is_read_as_plain_JSON()
    {
        foreach (var pod in Pods)
        {
            // The default encoder escapes everything beyond ASCII.
            var escaped = System.Text.Encoding.UTF8.GetBytes(pod.ToJsonString());
            Assert.Equal(Evaluate(pod, Restricted).Details, PodSecurityEvaluator.Default.Evaluate(escaped, Restricted).Details);
        }
    }

    [Fact]
    public void API_server_verdicts_hold_for_pods_as_the_API_server_defaults_them()
    {
        var (compared, differences) = (0, new List<string>());
        foreach (var row in VerdictTable.ReadVendored("podsecurity-valid-a.jsonl.gz"))
        {
            var pod = row.Object("pod")!;
            Default(pod);
            foreach (var level in new[] { PodSecurityLevel.Baseline, PodSecurityLevel.Restricted })
            {
                foreach (var minor in new[] { 0, 8, 19, 22, 23, 25, 27, 29, 31, 32, 34, 35, 37, -1 })
                {
                    var version = minor < 0 ? PodSecurityVersion.Latest : PodSecurityVersion.OfMinor(minor);
                    var expected = row.Object("verdicts")![level.Word]!.AsArray().Select(v => v!.AsArray()).FirstOrDefault(v =>
                        version.CompareTo(Version(v[0]!)) >= 0 && version.CompareTo(Version(v[1]!)) <= 0)?[2]?.GetValue<string>() ?? "";
                    var got = Evaluate(pod, new(level, version)).Details;
                    compared++;
                    if (expected != got) differences.Add($"{pod.Name} {level}:{version}\n  expected {expected}\n  got      {got}");
                }
            }
        }
        Assert.True(differences.Count == 0, $"{differences.Count} of {compared} differ, first:\n{string.Join('\n', differences.Take(5))}");
        Assert.Equal(600 * 2 * 14, compared);
    }

    private static PodSecurityVersion Version(JsonNode text)
    {
        Assert.True(PodSecurityVersion.TryParse(text.GetValue<string>(), out var version));
        return version;
    }

    // What the API server does to these pods before Pod Security sees them, as far as the checks ask.
    private static void Default(JsonObject pod)
    {
        foreach (var volume in pod.Objects("spec", "volumes").Where(v => v.Count == 1)) volume["emptyDir"] = new JsonObject();
        var containers = pod.Objects("spec", "initContainers").Concat(pod.Objects("spec", "containers")).ToList();
        foreach (var container in containers)
        {
            if (pod.Flag("spec", "hostNetwork") == true)
            {
                foreach (var port in container.Objects("ports").Where(p => p.Integer("hostPort") is null or 0)) port["hostPort"] = port["containerPort"]!.DeepClone();
            }
            if (container.Object("securityContext", "appArmorProfile") is not null) continue;
            var type = pod.Annotation($"container.apparmor.security.beta.kubernetes.io/{container.Text("name")}") switch
            {
                "unconfined" => "Unconfined",
                "runtime/default" => "RuntimeDefault",
                { } local when local.StartsWith("localhost/", StringComparison.Ordinal) => "Localhost",
                _ => null,
            };
            // A container that would inherit the same from its pod gets nothing of its own.
            if (type is not null && type != pod.Text("spec", "securityContext", "appArmorProfile", "type") && pod.Text("spec", "os", "name") != "windows") container.Ensure("securityContext", "appArmorProfile")["type"] = type;
        }
    }

    private static PodSecurityVerdict Evaluate(JsonObject pod, LevelVersion policy) => PodSecurityEvaluator.Default.Evaluate(pod.ToUtf8(), policy);

    private static JsonNode? Reversed(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Reverse().Select(m => KeyValuePair.Create(m.Key, Reversed(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Reversed)]),
        _ => node?.DeepClone(),
    };

    private static JsonNode? WithUnknown(JsonNode? node) => node switch
    {
        // Annotations and volumes are maps of names, where every field means something.
        JsonObject o => new JsonObject(o.Select(m => KeyValuePair.Create(m.Key, m.Key is "annotations" or "volumes" ? m.Value?.DeepClone() : WithUnknown(m.Value)))
            .Append(KeyValuePair.Create("x-unknown", (JsonNode?)new JsonObject { ["hostPID"] = true, ["list"] = new JsonArray(1, "privileged") }))),
        JsonArray list => new JsonArray([.. list.Select(WithUnknown)]),
        _ => node?.DeepClone(),
    };
}
