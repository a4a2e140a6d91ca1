using Mobula.Cli.Manifests;

namespace Mobula.Cli.Tests.Manifests;

public sealed class CheckConfigurationTests
{
    [Fact]
    public void Settings_and_templates_are_read()
    {
        var read = CheckConfiguration.Read("c.yaml", "level: baseline\nversion: v1.30\noperator: kuberay\npodTemplates:\n  argoproj.io/Rollout: spec.template\n  x.io/Two: [spec.a, 'spec.b[*].template']\n");
        Assert.Equal(("baseline", "v1.30", "kuberay"), (read.Level, read.Version, read.Operator));
        Assert.Equal(["spec.a", "spec.b[*].template"], read.PodTemplates.Of(new("x.io", "v1", "Two")).Select(p => p.ToString()));
    }

    [Theory]
    [InlineData("levl: baseline", "c.yaml:1:1: there is no setting \"levl\"; did you mean \"level\"?")]
    [InlineData("level: 1", "c.yaml:1:1: level is a text")]
    [InlineData("podTemplates:\n  Rollout: spec.template", "c.yaml:2:3: \"Rollout\" is no type; write GROUP/KIND, for example argoproj.io/Rollout")]
    [InlineData("podTemplates:\n  a/B: spec..x", "c.yaml:2:3: \"spec..x\" is no path; write it like spec.template or spec.replicatedJobs[*].template.spec.template")]
    [InlineData("- x", "c.yaml:1:1: a map is expected, with any of level, version, operator, podTemplates")]
    public void Bad_setting_is_told_with_its_place(string text, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => CheckConfiguration.Read("c.yaml", text)).Message);
}
