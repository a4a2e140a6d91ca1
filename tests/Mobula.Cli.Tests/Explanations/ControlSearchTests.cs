using Mobula.Cli.Explanations;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Guidance;

namespace Mobula.Cli.Tests.Explanations;

public sealed class ControlSearchTests
{
    [Theory]
    [InlineData("runAsNonRoot", "runAsNonRoot")]
    [InlineData("RUNASNONROOT", "runAsNonRoot")]
    [InlineData("Host Ports", "hostPorts")]
    [InlineData("seccomp", "seccompProfile_baseline seccompProfile_restricted")]
    [InlineData("/proc Mount Type", "procMount procMount_restricted")]
    [InlineData("nonsense", "")]
    public void Name_finds_its_checks(string name, string checks) => Assert.Equal(checks, string.Join(' ', ControlSearch.Find(name).Select(g => g.CheckId)));

    [Theory]
    [InlineData("runAsNonRot", "runAsNonRoot")]
    [InlineData("hostport", "")]
    [InlineData("privilege", "privileged")]
    public void Unknown_name_is_answered_by_the_nearest(string name, string nearest)
    {
        if (nearest.Length > 0) Assert.Contains(nearest, ControlSearch.Nearest(name));
        else Assert.NotEmpty(ControlSearch.Find(name));
    }

    [Fact]
    public void Every_check_is_found_in_Kubernetes_own_words_about_a_pod_that_violates_it()
    {
        var pod = """
            {"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/c":"unconfined"}},"spec":{"hostPID":true,"volumes":[{"name":"h","hostPath":{"path":"/"}}],
            "securityContext":{"sysctls":[{"name":"kernel.msgmax","value":"1"}],"seLinuxOptions":{"user":"u"},"windowsOptions":{"hostProcess":true},"runAsUser":0,"seccompProfile":{"type":"Unconfined"}},
            "containers":[{"name":"c","ports":[{"hostPort":1,"containerPort":1}],"livenessProbe":{"httpGet":{"host":"h","port":1}},"securityContext":{"privileged":true,"procMount":"Unmasked","capabilities":{"add":["SYS_ADMIN"]}}}]}}
            """u8;
        HashSet<string> seen = [];
        foreach (var level in new[] { PodSecurityLevel.Baseline, PodSecurityLevel.Restricted })
        {
            var policy = new LevelVersion(level, PodSecurityVersion.Latest);
            var verdict = PodSecurityEvaluator.Default.Evaluate(pod, policy);
            foreach (var violation in verdict.Violations)
            {
                Assert.Contains(violation.CheckId.Split('_')[0], ControlSearch.Find($"violates PodSecurity \"{policy}\": {violation}").Select(g => g.CheckId.Split('_')[0]));
                seen.Add(violation.CheckId);
            }
            var whole = ControlSearch.Find($"pods \"x\" is forbidden: violates PodSecurity \"{policy}\": {verdict.Details}").Select(g => g.Control);
            Assert.Equal(verdict.Violations.Select(v => ControlGuide.Of(v.CheckId).Control).ToHashSet(), whole.ToHashSet());
        }
        Assert.True(seen.Count >= 17, string.Join(' ', seen));
    }
}
