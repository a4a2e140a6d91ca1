using Mobula.PodSecurity.Evaluation;
using Mobula.PodSecurity.Guidance;

namespace Mobula.PodSecurity.Tests.Guidance;

public sealed class ControlGuideTests
{
    [Fact]
    public void Every_check_has_a_guide_in_the_standards_order() => Assert.Equal(Standards.All.Select(c => c.Id), ControlGuide.All.Select(g => g.CheckId));

    [Fact]
    public void History_names_every_version_at_which_a_check_changed() => Assert.All(Standards.All, check =>
    {
        var told = ControlGuide.Of(check.Id).History.Select(h => (int)h.Since.Minor).ToList();
        Assert.Equal(told.Order(), told);
        Assert.Empty(check.Variants.Select(v => v.SinceMinor).Except(told));
    });

    [Fact]
    public void Guide_says_what_to_do() => Assert.All(ControlGuide.All, g => Assert.True(g.Meaning.Length > 60 && g.Fields.Count > 0 && (g.Write is not null || g.Choices.Count > 0)));
}
