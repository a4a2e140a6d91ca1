using Mobula.Kubernetes.Names;

namespace Mobula.Kubernetes.Tests.Names;

public class NameValidationTests
{
    [Fact]
    public void IsDns1123Label_tells_dots_apart_from_other_characters()
    {
        Assert.Equal(["must not contain dots"], NameValidation.IsDns1123Label("a.b"));
        Assert.Equal(["a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"],
            NameValidation.IsDns1123Label("A"));
        Assert.Equal(["must be no more than 63 characters"], NameValidation.IsDns1123Label(new('a', 64)));
        Assert.Empty(NameValidation.IsDns1123Label("a-1"));
    }

    [Theory]
    [InlineData("a/b/c", "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")]
    [InlineData("/b", "prefix part must be non-empty")]
    public void IsQualifiedName_says_what_is_wrong(string name, string message) => Assert.Equal([message], NameValidation.IsQualifiedName(name));

    [Theory]
    [InlineData("example.com/My_Name.1")]
    [InlineData("a")]
    public void IsQualifiedName_accepts(string name) => Assert.Empty(NameValidation.IsQualifiedName(name));

    [Theory]
    [InlineData("a\n", false)]
    [InlineData("", true)]
    [InlineData("A_b.c", true)]
    public void IsValidLabelValue_reads_to_the_end(string value, bool valid) => Assert.Equal(valid, NameValidation.IsValidLabelValue(value).Count == 0);
}
