using CsCheck;

namespace Mobula.Kubernetes.Tests;

public class QuantityTests
{
    [Theory]
    [InlineData("1000m", "1")]
    [InlineData("0.1", "100m")]
    [InlineData("1500m", "1500m")]
    [InlineData("1024Ki", "1Mi")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("0.5Ki", "512")]
    [InlineData("100000", "100k")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E", "1E")]
    [InlineData("1E2", "100")]
    [InlineData("12345", "12345")]
    [InlineData("-1000m", "-1")]
    [InlineData("0.0000000001", "1n")]
    [InlineData("+2", "2")]
    [InlineData(".5", "500m")]
    [InlineData("0Mi", "0")]
    [InlineData("1.1Ki", "1127")]
    [InlineData("0.1e3", "100")]
    public void ToString_is_canonical(string text, string canonical) => Assert.Equal(canonical, Quantity.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1.5.2")]
    [InlineData("1Q")]
    public void Parse_refuses_what_has_the_wrong_form(string text) =>
        Assert.StartsWith("quantities must match the regular expression", Assert.Throws<FormatException>(() => Quantity.Parse(text)).Message);

    [Theory]
    [InlineData("1mm")]
    [InlineData("1Kk")]
    public void Parse_refuses_unknown_suffixes(string text) =>
        Assert.Equal("unable to parse quantity's suffix", Assert.Throws<FormatException>(() => Quantity.Parse(text)).Message);

    [Fact]
    public void Value_rounds_up()
    {
        Assert.Equal(2, Quantity.Parse("1001m").Value);
        Assert.Equal(1001, Quantity.Parse("1.0001").MilliValue);
        Assert.Equal(long.MaxValue, Quantity.Parse("100E").Value);
    }

    [Fact]
    public void Parse_of_the_canonical_form_keeps_the_amount_and_the_form()
    {
        var suffixes = Gen.OneOf("n", "u", "m", "", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "e-3");
        Gen.Select(Gen.Int[-5000, 5000], suffixes).Sample((number, suffix) =>
        {
            var quantity = Quantity.Parse(number + suffix);
            var again = Quantity.Parse(quantity.ToString());
            Assert.Equal(quantity, again);
            Assert.Equal(quantity.ToString(), again.ToString());
        });
    }

    [Fact]
    public void Order_agrees_with_addition()
    {
        var quantities = Gen.Select(Gen.Int[-1000, 1000], Gen.OneOf("m", "", "Ki", "k"), (n, s) => Quantity.Parse(n + s));
        Gen.Select(quantities, quantities, quantities).Sample((a, b, c) =>
        {
            Assert.Equal(a.CompareTo(b), (a + c).CompareTo(b + c));
            Assert.Equal(a, a + b - b);
        });
    }
}
