using System.Text;
using System.Text.Json;

namespace Mobula.PodSecurity.Tests.Evaluation;

public sealed class PodSecurityEvaluatorTests
{
    private static readonly LevelVersion Restricted = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);

    private static readonly byte[] Hardened = Encoding.UTF8.GetBytes("""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":{"x":"y"}},"spec":{
          "securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
          "initContainers":[{"name":"i","image":"i","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}],
          "containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":80}},
            "securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"],"add":["NET_BIND_SERVICE"]}}}],
          "volumes":[{"name":"v","emptyDir":{}}]}}
        """);

    [Fact]
    public void Passing_pod_costs_no_allocation()
    {
        PodSecurityEvaluator.Default.Evaluate(Hardened, Restricted);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var verdict = PodSecurityEvaluator.Default.Evaluate(Hardened, Restricted);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(verdict.IsAllowed);
    }

    [Fact]
    public void Privileged_level_allows_a_pod_that_baseline_refuses()
    {
        var pod = """{"spec":{"hostPID":true,"containers":[{"name":"c"}]}}"""u8;
        Assert.True(PodSecurityEvaluator.Default.Evaluate(pod, new(PodSecurityLevel.Privileged, PodSecurityVersion.Latest)).IsAllowed);
        Assert.Equal("host namespaces (hostPID=true)",
            PodSecurityEvaluator.Default.Evaluate(pod, new(PodSecurityLevel.Baseline, PodSecurityVersion.Latest)).Details);
    }

    [Fact]
    public void Evaluator_of_an_older_release_takes_latest_for_that_release()
    {
        var pod = """{"spec":{"containers":[{"name":"c","livenessProbe":{"tcpSocket":{"host":"h","port":1}}}]}}"""u8;
        LevelVersion baseline = new(PodSecurityLevel.Baseline, PodSecurityVersion.Latest);
        Assert.True(new PodSecurityEvaluator(33).Evaluate(pod, baseline).IsAllowed);
        Assert.False(new PodSecurityEvaluator(34).Evaluate(pod, baseline).IsAllowed);
        Assert.False(new PodSecurityEvaluator(99).Evaluate(pod, baseline).IsAllowed);
    }

    [Theory]
    [InlineData("""{"spec":{"containers":{}}}""", "spec.containers: a list is expected, not an object")]
    [InlineData("""{"spec":{"hostPID":"true"}}""", "spec.hostPID: true or false is expected, not a string")]
    [InlineData("""[]""", "pod: an object is expected, not a list")]
    [InlineData("""{"spec":{""", "")]
    [InlineData("", "")]
    [InlineData("""{"spec":{"containers":[{"name":"\ud800","securityContext":{"procMount":"\ud800"}}]}}""", "no text")]
    public void Malformed_pod_is_an_error_that_names_the_field(string pod, string message)
    {
        var error = Assert.ThrowsAny<JsonException>(() => PodSecurityEvaluator.Default.Evaluate(Encoding.UTF8.GetBytes(pod), Restricted).Details);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latest", true)]
    [InlineData("v1.0", true)]
    [InlineData("v1.10000", true)]
    [InlineData("v1", false)]
    [InlineData("1.1", false)]
    [InlineData("v2.0", false)]
    [InlineData("v1.01", false)]
    [InlineData("v1.2.3", false)]
    [InlineData("v1.9223372036854775807", true)]
    [InlineData("v1.9223372036854775808", false)]
    [InlineData("v1.+1", false)]
    [InlineData("Latest", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Version_is_accepted_as_by_Kubernetes(string? text, bool accepted)
    {
        Assert.Equal(accepted, PodSecurityVersion.TryParse(text, out var version));
        Assert.Equal(accepted ? text : "latest", version.ToString());
    }

    [Fact]
    public void Capability_that_restricted_allows_baseline_allows_too()
    {
        Assert.True(Checks.CapabilitiesRestricted.Allows("NET_BIND_SERVICE"u8));
        Assert.True(Checks.CapabilitiesBaseline.Allows("NET_BIND_SERVICE"u8));
    }
}
