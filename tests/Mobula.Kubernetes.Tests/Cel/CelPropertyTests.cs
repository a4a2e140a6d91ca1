using System.Text;
using CsCheck;
using Mobula.Kubernetes.Cel;

namespace Mobula.Kubernetes.Tests.Cel;

/// <summary>What holds for all values: arithmetic is that of 64 bits, texts survive being written as literals, and no text brings the reader down.</summary>
public class CelPropertyTests
{
    private static readonly Gen<(string Text, System.Numerics.BigInteger? Value)> Numbers = Gen.Long.Select(n => ($"({n})", (System.Numerics.BigInteger?)n));

    private static readonly Gen<(string Text, System.Numerics.BigInteger? Value)> Sums = Tree(4);

    private static Gen<(string Text, System.Numerics.BigInteger? Value)> Tree(int depth) => depth == 0 ? Gen.OneOf(Numbers, Gen.Long[-9, 9].Select(n => ($"({n})", (System.Numerics.BigInteger?)n))) : Gen.Select(Tree(depth - 1), Tree(depth - 1), Gen.Char["+-*/%"], (a, b, o) => ($"({a.Text} {o} {b.Text})", Compute(a.Value, b.Value, o)));

    private static System.Numerics.BigInteger? Compute(System.Numerics.BigInteger? a, System.Numerics.BigInteger? b, char operation)
    {
        if (a is not { } x || b is not { } y || (operation is '/' or '%' && y.IsZero)) return null;
        if (operation == '%' && x == long.MinValue && y == -1) return null;
        var result = operation switch { '+' => x + y, '-' => x - y, '*' => x * y, '/' => x / y, _ => x % y };
        return result < long.MinValue || result > long.MaxValue ? null : result;
    }

    [Fact]
    public void Arithmetic_is_exact_or_an_error() => Sums.Sample(sum =>
    {
        var result = CelProgram.Compile(sum.Text).Evaluate([], 1_000_000, out _);
        if (sum.Value is { } value) Assert.Equal((long)value, result.Value);
        else Assert.NotNull(result.Error);
    });

    [Fact]
    public void A_text_written_as_a_literal_reads_back() => Gen.String.Select(s => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s))).Sample(text =>
    {
        var literal = new StringBuilder("'");
        foreach (var rune in text.EnumerateRunes()) literal.Append($"\\U{rune.Value:x8}");
        var result = CelProgram.Compile(literal.Append('\'').ToString()).Evaluate([], 1_000_000, out _);
        Assert.Equal(text, result.Value);
    });

    [Fact]
    public void Splitting_and_joining_gives_the_text_again() => Gen.Select(Gen.String[Gen.Char['a', 'c'], 0, 20], Gen.String[Gen.Char['a', 'c'], 1, 2]).Sample((text, separator) =>
    {
        var result = CelProgram.Compile($"'{text}'.split('{separator}').join('{separator}') == '{text}' && '{text}'.replace('{separator}', '{separator}') == '{text}'").Evaluate([], 1_000_000, out _);
        Assert.Equal(true, result.Value);
    });

    [Fact]
    public void Order_of_all_numbers_is_one() => Gen.Select(Number(), Number()).Sample((a, b) =>
    {
        var result = CelProgram.Compile($"({a} < {b} ? 1 : 0) + ({a} > {b} ? 1 : 0) + (dyn({a}) == dyn({b}) ? 1 : 0) == 1 && ({a} <= {b}) == ({b} >= {a})").Evaluate([], 1_000_000, out _);
        Assert.True(result.Value is true, $"{a} {b}: {result.Error}");
    });

    [Fact]
    public void Any_text_is_an_expression_or_a_syntax_error() => Gen.String[Gen.Char["ab1.?:()[]{}'\"+-*/%<>=!&|, \\\nxrhas"], 0, 40].Sample(text =>
    {
        try
        {
            CelParser.Parse(text);
        }
        catch (CelSyntaxException e)
        {
            Assert.InRange(e.Position, 0, text.Length);
            Assert.StartsWith("ERROR: <input>:", e.Describe(text));
        }
    });

    private static Gen<string> Number() => Gen.OneOf(
        Gen.Long.Select(n => $"({n})"), Gen.Long[-3, 3].Select(n => $"({n})"), Gen.ULong.Select(n => $"{n}u"), Gen.ULong[0, 3].Select(n => $"{n}u"),
        Gen.Double[-1e20, 1e20].Select(Text), Gen.Double[-3, 3].Select(Text));

    private static string Text(double value) => $"({value.ToString("e17", System.Globalization.CultureInfo.InvariantCulture)})";
}
