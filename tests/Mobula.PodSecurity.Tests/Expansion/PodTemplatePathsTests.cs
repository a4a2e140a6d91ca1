using System.Text.Json.Nodes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Tests.Expansion;

public sealed class PodTemplatePathsTests
{
    [Theory]
    [InlineData("spec.template", "spec.template")]
    [InlineData("{.spec.template}", "spec.template")]
    [InlineData("$.spec.jobs[*].template", "spec.jobs[*].template")]
    [InlineData("spec['a.b'][0].c", "spec.a.b[0].c")]
    public void Path_is_read(string text, string printed)
    {
        Assert.True(FieldPath.TryParse(text, out var path));
        Assert.Equal(printed, path.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("spec.")]
    [InlineData("spec..a")]
    [InlineData("spec[")]
    [InlineData("spec[x]")]
    [InlineData("spec a")]
    public void What_is_no_path_is_refused(string text) => Assert.False(FieldPath.TryParse(text, out _));

    [Fact]
    public void Templates_in_lists_and_maps_are_expanded_each()
    {
        var paths = new PodTemplatePaths();
        paths.Add("x.io/Jobs=spec.list[*].template");
        paths.Add("x.io/Jobs=spec.map[*].template.spec");
        var pods = new PodExpansion(otherTemplates: paths).Expand((JsonObject)JsonNode.Parse("""
            {"apiVersion":"x.io/v1","kind":"Jobs","spec":{"list":[{"template":{"spec":{"containers":[]}}},{"other":1},{"template":{"spec":{"containers":[]}}}],
            "map":{"a":{"template":{"spec":{"containers":[{"name":"c"}]}}}}}}
            """)!);
        Assert.Equal(["spec.list[0].template", "spec.list[2].template", "spec.map.a.template"], pods.Select(p => p.Source!.ToString()));
    }
}
