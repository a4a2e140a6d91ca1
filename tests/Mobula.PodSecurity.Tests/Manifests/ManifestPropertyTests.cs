using CsCheck;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Manifests;

namespace Mobula.PodSecurity.Tests.Manifests;

/// <summary>Random manifests in odd but legal YAML: what holds of check and fix for all of them.</summary>
public sealed class ManifestPropertyTests
{
    private static readonly string[] Values = ["ALL", "KILL", "NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN"];

    private static readonly Gen<string> Comment = Gen.OneOf("", "", "", " # note", "  # ünï {x}: [y]");

    // A member of a container's securityContext in block style, without its indentation.
    private static readonly Gen<string> ContextMember = Gen.OneOf(
        Gen.OneOf("true", "false", "", "~", "yes", "!!bool \"false\"").Select(v => $"allowPrivilegeEscalation: {v}"),
        Gen.OneOf("true", "false", "null", "off").Select(v => $"\"runAsNonRoot\": {v}"),
        Gen.OneOf("0", "1000").Select(v => $"runAsUser: {v}"),
        Gen.OneOf("{type: Unconfined}", "{type: RuntimeDefault}", "{type: 'Unconfined'}", "{}", "", "\n  type: \"Unconfined\"").Select(v => $"seccompProfile: {v}"),
        Gen.OneOf(Values).Array[0, 3].Select(v => $"capabilities: {{drop: [{string.Join(", ", v)}]}}"),
        Gen.OneOf(Values).Array[1, 3].Select(v => $"capabilities:\n  drop:\n{string.Join('\n', v.Select(x => $"  - {x} # c"))}"),
        Gen.OneOf(Values).Array[1, 2].Select(v => $"capabilities:\n    'add': [{string.Join(", ", v)}]"),
        Gen.Const("privileged: true"),
        Gen.Const("readOnlyRootFilesystem: true"));

    private static readonly Gen<string> Context = Gen.OneOf(
        Gen.OneOf("", "securityContext:", "securityContext: {}", "securityContext: null", "securityContext: { }", "securityContext: {runAsNonRoot: false,}", "securityContext: *shared"),
        Gen.Select(ContextMember.Array[1, 4], Comment, (members, comment) => (members.DistinctBy(m => m.Trim('"').Split('"', ':')[0]).ToArray(), comment))
            .Select(x => $"securityContext:{x.comment}\n{string.Join('\n', x.Item1.Select(m => Indent(m, 2)))}"));

    private static readonly Gen<string> Container = Gen.Select(Context, Comment, Gen.OneOf(
            "", "args: ['a', \"b\\t# c\"]", "command:\n- sh\n- |\n  echo \ta\n\n  echo b", "env:\n- {name: A, value: \"x: y\"}", "description: >-\n  folded\n  text", "ports: [{containerPort: 80, hostPort: 0}]"),
        Gen.Int[0, 3], (context, comment, extra, order) =>
        {
            List<string> parts = [$"image: i{comment}", context, extra];
            parts.RemoveAll(p => p.Length == 0);
            if (order > 1) parts.Reverse();
            parts.Insert(order % 2 == 0 ? 0 : parts.Count, "name: é");
            return string.Join('\n', parts);
        });

    private static readonly Gen<string> PodSpec = Gen.Select(Container.Array[1, 3], Context, Gen.OneOf("", "hostPID: true", "hostUsers: false", "os: {name: windows}"), Gen.OneOf("", "volumes: [{name: v, hostPath: {path: /}}]"),
        (containers, context, host, volumes) =>
        {
            var list = string.Join('\n', containers.Select(c => "- " + Indent(c, 2)[2..]));
            // The anchor that contexts may refer to must come first.
            var shared = "initContainers:\n- name: s\n  securityContext: &shared\n    runAsUser: 1000";
            return string.Join('\n', new[] { shared, context.Contains("*shared", StringComparison.Ordinal) ? "" : context, host, "containers:", list, volumes }.Where(p => p.Length > 0));
        });

    private static readonly Gen<string> Manifest = Gen.Select(PodSpec, PodSpec, Gen.Int[0, 5], Gen.Bool, (a, b, kind, crlf) =>
    {
        var text = kind switch
        {
            0 => $"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{Indent(a, 2)}",
            1 => $"---\n# first\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\nspec:\n  template:\n    spec:\n{Indent(a, 6)}\n...\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{Indent(b, 4)}\n",
            2 => $"apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: c}}\nspec: # s\n  jobTemplate:\n    spec:\n      template:\n        spec:\n{Indent(a, 10)}\n\n# end\n",
            3 => $"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {{name: p}}\n  spec:\n{Indent(a, 4)}\n",
            _ => $"apiVersion: ray.io/v1\nkind: RayCluster\nmetadata:\n  name: r\n  annotations: {{mobula.dev/pod-security-defaults: 'false'}}\nspec:\n  headGroupSpec:\n    template:\n      spec:\n{Indent(a, 8)}\n  workerGroupSpecs:\n  - groupName: g\n    template:\n      spec:\n{Indent(b.Replace("shared", "other", StringComparison.Ordinal), 8)}\n",
        };
        return crlf ? text.Replace("\n", "\r\n", StringComparison.Ordinal) : text;
    });

    [Fact]
    public void Fixed_manifest_has_no_finding_that_can_be_fixed_and_fixing_again_changes_nothing() => Manifest.Sample(text =>
    {
        var before = ManifestFixTests.Fix(text);
        Assert.Empty(before.Problems);
        Assert.All(before.Remaining, f => Assert.False(f.CanBeFixed, $"{f.Field}: {f.Advice}\n{before.Text}"));
        var again = ManifestFixTests.Fix(before.Text);
        Assert.Equal(before.Text, again.Text);
        Assert.Empty(again.Fixed);
    }, iter: 600);

    [Fact]
    public void Fix_only_adds_lines_or_changes_the_lines_of_a_value() => Manifest.Sample(text =>
    {
        var result = ManifestFixTests.Fix(text);
        foreach (var line in text.Split('\n').Where(l => l.Contains('#', StringComparison.Ordinal)))
        {
            var comment = line[line.LastIndexOf('#')..].TrimEnd('\r');
            Assert.Contains(comment, result.Text, StringComparison.Ordinal);
        }
        Assert.Equal(text.Contains('\r', StringComparison.Ordinal), result.Text.Contains('\r', StringComparison.Ordinal));
        if (text.Contains('\r', StringComparison.Ordinal)) Assert.Equal(result.Text.Count(c => c == '\n'), result.Text.Count(c => c == '\r'));
    }, iter: 200);

    [Fact]
    public void Diff_is_empty_only_for_equal_texts_and_shows_every_added_line() => Manifest.Sample(text =>
    {
        var result = ManifestFixTests.Fix(text, new() { RayOperator = RayOperatorKind.KubeRay });
        var diff = UnifiedDiff.Of(text, result.Text, "f");
        Assert.Equal(text == result.Text, diff.Length == 0);
        var (added, removed) = (diff.Split('\n').Count(l => l.StartsWith('+')), diff.Split('\n').Count(l => l.StartsWith('-')));
        Assert.Equal(result.Text.Split('\n').Length - text.Split('\n').Length, added - removed);
    }, iter: 100);

    private static string Indent(string text, int by) => string.Join('\n', text.Split('\n').Select(l => l.Length == 0 ? l : new string(' ', by) + l));
}
