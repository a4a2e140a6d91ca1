using Mobula.Node.Pods;

namespace Mobula.Node.Tests.Pods;

public sealed class VariableExpansionTests
{
    [Theory]
    [InlineData("$(A)-$(LATE)-$$(A)", "a-$(LATE)-$(A)")]
    [InlineData("$A $", "$A $")]
    [InlineData("$(A", "$(A")]
    [InlineData("$$$(A)", "$a")]
    [InlineData("plain", "plain")]
    public void References_are_expanded_as_the_kubelet_does(string text, string expanded) =>
        Assert.Equal(expanded, VariableExpansion.Expand(text, n => n == "A" ? "a" : null));
}
