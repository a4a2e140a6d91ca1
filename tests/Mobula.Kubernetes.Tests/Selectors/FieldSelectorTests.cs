using Mobula.Kubernetes.Selectors;

namespace Mobula.Kubernetes.Tests.Selectors;

public class FieldSelectorTests
{
    [Fact]
    public void Parse_reads_operators_and_escapes()
    {
        var selector = FieldSelector.Parse(@"metadata.name==a,status.phase!=Failed,x=a\,b\=c\\");
        Assert.Equal([new("metadata.name", true, "a"), new("status.phase", false, "Failed"), new("x", true, @"a,b=c\")], selector.Requirements);
        Assert.Equal(@"metadata.name=a,status.phase!=Failed,x=a\,b\=c\\", selector.ToString());
        Assert.Equal("a", selector.RequiredValue("metadata.name"));
        Assert.Null(selector.RequiredValue("status.phase"));
    }

    [Fact]
    public void Parse_without_operator_says_what_it_cannot_understand()
    {
        var error = Assert.Throws<StatusException>(() => FieldSelector.Parse("metadata.name in (a)"));
        Assert.Equal("invalid selector: 'metadata.name in (a)'; can't understand 'metadata.name in (a)'", error.Message);
    }

    [Fact]
    public void Matches_every_requirement()
    {
        var selector = FieldSelector.Parse("a=1,b!=2");
        Assert.True(selector.Matches(f => f == "a" ? "1" : ""));
        Assert.False(selector.Matches(f => f == "a" ? "1" : "2"));
    }
}
