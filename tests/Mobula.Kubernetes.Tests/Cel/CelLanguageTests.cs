using Mobula.Kubernetes.Cel;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Cel;

/// <summary>The language by examples, each an expression that must be true. Where the recordings are silent, the expectation is that of the language's definition.</summary>
public class CelLanguageTests
{
    [Theory]
    [InlineData("1 + 2 * 3 == 7")]
    [InlineData("(1 + 2) * 3 == 9")]
    [InlineData("7 / 2 == 3 && -7 / 2 == -3")]
    [InlineData("7 % 3 == 1 && -7 % 3 == -1")]
    [InlineData("2 - 1 - 1 == 0")]
    [InlineData("-2 * -3 == 6")]
    [InlineData("--2 == 2")]
    [InlineData("!!true")]
    [InlineData("7.0 / 2.0 == 3.5")]
    [InlineData("5u - 3u == 2u")]
    [InlineData("0x1F == 31")]
    [InlineData("1e3 == 1000.0 && .5 == 0.5 && 2.5e-1 == 0.25")]
    [InlineData("-9223372036854775808 < 0")]
    [InlineData("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2")]
    [InlineData("1 < 1.5 && 2.5 > 2 && 1u < 2 && 3 > 2u")]
    [InlineData("'a' < 'b' && 'a' < 'aa' && '' < 'a'")]
    [InlineData("true ? 1 == 1 : 1 == 2")]
    [InlineData("(false ? 1 : 2) == 2")]
    [InlineData("1 in [1, 2] && !(3 in [1, 2])")]
    [InlineData("'k' in {'k': 1} && !('x' in {'k': 1})")]
    [InlineData("[1, 2] + [3] == [1, 2, 3]")]
    [InlineData("[1, 2][1] == 2")]
    [InlineData("{'a': 1}.a == 1 && {'a': 1}['a'] == 1")]
    [InlineData("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}")]
    [InlineData("[] == [] && {} == {}")]
    [InlineData("null == null")]
    [InlineData("dyn(1) == dyn(1.0) && dyn(1u) == dyn(1)")]
    [InlineData("dyn('1') != dyn(1)")]
    [InlineData("has({'a': 1}.a) && !has({'a': 1}.b)")]
    public void Operators_compute(string expression) => AssertTrue(expression);

    [Theory]
    [InlineData("'it''s'.size() == 3", false)]
    [InlineData(@"'a\n\t\\\'' == ""a\n\t\\'""", true)]
    [InlineData(@"r'\d' == '\\d'", true)]
    [InlineData(@"'\u00e4' == 'ä' && '\x41' == 'A' && '\101' == 'A'", true)]
    [InlineData(@"b'\xff'.size() == 1 && b'ä'.size() == 2", true)]
    [InlineData("'''a\n'b'''.size() == 4", true)]
    [InlineData("\"\"\"it's \"quoted\\\"\"\"\"\".size() > 5", false)]
    [InlineData("'a' // a comment\n == 'a'", true)]
    public void Literals_are_read(string expression, bool isValid)
    {
        if (isValid) AssertTrue(expression);
        else Assert.Throws<CelSyntaxException>(() => CelProgram.Compile(expression));
    }

    [Theory]
    [InlineData("[1, 2, 3].all(x, x > 0) && ![1, -2].all(x, x > 0) && [].all(x, false)")]
    [InlineData("[1, 2].exists(x, x == 2) && ![1].exists(x, x == 2) && ![].exists(x, true)")]
    [InlineData("[1, 2, 2].exists_one(x, x == 1) && ![1, 2, 2].exists_one(x, x == 2)")]
    [InlineData("[1, 2].map(x, x * 2) == [2, 4]")]
    [InlineData("[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]")]
    [InlineData("[1, 2, 3].filter(x, x % 2 == 1) == [1, 3]")]
    [InlineData("{'a': 1, 'b': 2}.all(k, k < 'c') && {'a': 1}.map(k, k) == ['a']")]
    [InlineData("['a', 'b'].all(i, v, (i == 0 && v == 'a') || (i == 1 && v == 'b'))")]
    [InlineData("{'a': 1}.exists(k, v, k == 'a' && v == 1) && {'a': 1}.existsOne(k, v, v == 1)")]
    [InlineData("['a', 'b'].transformList(i, v, v + string(i)) == ['a0', 'b1']")]
    [InlineData("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 10) == {'b': 20}")]
    [InlineData("[[1], [2, 3]].all(l, l.all(x, x > 0))")]
    [InlineData("[1].all(x, [2].all(x, x == 2))")]
    public void Macros_go_through_lists_and_maps(string expression) => AssertTrue(expression);

    [Theory]
    [InlineData("true || 1 / 0 == 1")]
    [InlineData("1 / 0 == 1 || true")]
    [InlineData("!(false && 1 / 0 == 1) && !(1 / 0 == 1 && false)")]
    [InlineData("true ? true : 1 / 0 == 1")]
    [InlineData("[0, 1].exists(x, 1 / x == 1)")]
    [InlineData("![0, 2].all(x, 1 / x == 1)")]
    public void Errors_do_not_matter_where_another_side_decides(string expression) => AssertTrue(expression);

    [Theory]
    [InlineData("1 / 0 == 1", "division by zero")]
    [InlineData("1 % 0 == 1", "modulus by zero")]
    [InlineData("9223372036854775807 + 1 == 0", "integer overflow")]
    [InlineData("-9223372036854775808 - 1 == 0", "integer overflow")]
    [InlineData("-(-9223372036854775808) == 0", "integer overflow")]
    [InlineData("9223372036854775807 * 2 == 0", "integer overflow")]
    [InlineData("0u - 1u == 0u", "unsigned integer overflow")]
    [InlineData("[1][1] == 1", "index out of bounds: 1")]
    [InlineData("{'a': 1}.b == 1", "no such key: b")]
    [InlineData("int('x') == 1", "type conversion error from 'string' to 'int': cannot read \"x\"")]
    [InlineData("dyn(1) + dyn('a') == dyn(1)", "no such overload")]
    [InlineData("[1, 0].all(x, 1 / x == 1)", "division by zero")]
    [InlineData("'a'.matches('(')", null)]
    [InlineData("{'a': 1, 'a': 2} == {}", "Failed with repeated key: a")]
    [InlineData("optional.none().value() == 1", "optional.none() dereference")]
    public void Errors_are_told(string expression, string? message)
    {
        var result = CelProgram.Compile(expression).Evaluate([], 1_000_000, out _);
        Assert.NotNull(result.Error);
        if (message is not null) Assert.Equal(message, result.Error);
    }

    [Theory]
    [InlineData("optional.of(1).hasValue() && !optional.none().hasValue()")]
    [InlineData("optional.none().orValue(3) == 3 && optional.of(1).orValue(3) == 1")]
    [InlineData("{'a': 1}.?a.orValue(0) == 1 && {'a': 1}.?b.orValue(0) == 0")]
    [InlineData("{'a': {'b': 1}}.?a.b.orValue(0) == 1 && {'a': {'c': 1}}.?x.b.orValue(7) == 7")]
    [InlineData("[1, 2][?5].orValue(9) == 9 && {'a': 1}[?'a'].orValue(0) == 1")]
    [InlineData("optional.of(2).optMap(x, x * 2).orValue(0) == 4 && optional.none().optMap(x, 1).orValue(0) == 0")]
    [InlineData("optional.of(2).optFlatMap(x, optional.none()).orValue(5) == 5")]
    [InlineData("optional.ofNonZeroValue('').hasValue() == false")]
    [InlineData("[1, ?optional.none(), ?optional.of(2)] == [1, 2] && {?'a': optional.none()} == {}")]
    [InlineData("optional.none().or(optional.of(1)).value() == 1")]
    public void Optional_values_may_be_absent(string expression) => AssertTrue(expression);

    [Theory]
    [InlineData("int('12') == 12 && int(3.9) == 3 && int(5u) == 5 && int(timestamp('1970-01-01T00:00:10Z')) == 10")]
    [InlineData("string(1) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(b'a') == 'a' && string(duration('90s')) == '90s'")]
    [InlineData("double('1.5') == 1.5 && uint(3) == 3u && bytes('a') == b'a' && bool('true')")]
    [InlineData("type(1) == int && type('a') == string && type([]) == list && type(null) == null_type && type(type(1)) == type")]
    [InlineData("timestamp('2024-02-29T12:30:45.5Z').getFullYear() == 2024 && timestamp('2024-02-29T12:30:45Z').getMonth() == 1")]
    [InlineData("timestamp('2024-02-29T12:30:45Z').getDate() == 29 && timestamp('2024-02-29T12:30:45Z').getDayOfMonth() == 28 && timestamp('2024-02-29T12:30:45Z').getDayOfWeek() == 4")]
    [InlineData("timestamp('2024-02-29T23:30:00Z').getHours('+02:00') == 1 && timestamp('2024-01-01T00:00:00Z').getDayOfYear() == 0")]
    [InlineData("timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h')")]
    [InlineData("timestamp('2024-01-01T00:00:00Z') + duration('1h30m') == timestamp('2024-01-01T01:30:00Z')")]
    [InlineData("duration('1.5s').getMilliseconds() == 1500 && duration('-1m') < duration('0s') && duration('2h').getMinutes() == 120")]
    [InlineData("timestamp('2024-01-01T00:00:00+01:00') == timestamp('2023-12-31T23:00:00Z')")]
    public void Types_are_converted(string expression) => AssertTrue(expression);

    [Theory]
    [InlineData("1 +", 3)]
    [InlineData("(1", 2)]
    [InlineData("a.b.", 3)]
    [InlineData("1 2", 2)]
    [InlineData("[1, 2", 5)]
    [InlineData("'abc", 0)]
    [InlineData("a ? b", 5)]
    [InlineData("has(a)", 3)]
    [InlineData("if", 0)]
    [InlineData("1 # 2", 2)]
    [InlineData("99999999999999999999", 0)]
    public void Syntax_errors_have_a_place(string expression, int position) =>
        Assert.Equal(position, Assert.Throws<CelSyntaxException>(() => CelParser.Parse(expression)).Position);

    [Theory]
    [InlineData("nope", "undeclared reference to 'nope' (in container '')")]
    [InlineData("nope(1)", "undeclared reference to 'nope' (in container '')")]
    [InlineData("1 + 'a'", "found no matching overload for '_+_' applied to '(int, string)'")]
    [InlineData("1 == 'a'", "found no matching overload for '_==_' applied to '(int, string)'")]
    [InlineData("1.startsWith('a')", null)]
    [InlineData("'a'.startsWith(1)", "found no matching overload for 'startsWith' applied to 'string.(int)'")]
    [InlineData("1 && true", "found no matching overload for '_&&_' applied to '(int, bool)'")]
    [InlineData("1.all(x, true)", null)]
    [InlineData("[1].all(x, x)", "expected type 'bool' but found 'int'")]
    [InlineData("(1).a", "type 'int' does not support field selection")]
    public void Wrong_names_and_types_are_found_before_anything_runs(string expression, string? message)
    {
        var error = Assert.Throws<CelSyntaxException>(() => CelProgram.Compile(expression));
        if (message is not null) Assert.Equal(message, error.Message);
    }

    [Fact]
    public void A_mistake_is_shown_with_its_line_and_a_mark() =>
        Assert.Equal("ERROR: <input>:2:4: undeclared reference to 'b' (in container '')\n | || b\n | ...^", Assert.Throws<CelSyntaxException>(() => CelProgram.Compile("true\n|| b")).Describe("true\n|| b"));

    [Fact]
    public void An_expression_that_costs_too_much_is_stopped()
    {
        var list = $"[{string.Join(',', Enumerable.Range(0, 100))}]";
        var program = CelProgram.Compile($"{list}.all(a, {list}.all(b, {list}.all(c, a + b + c >= 0)))");
        Assert.Throws<CelBudgetException>(() => program.Evaluate([], 100_000, out _));
    }

    [Fact]
    public void Deep_nesting_is_refused_rather_than_overflowing_the_stack()
    {
        Assert.Throws<CelSyntaxException>(() => CelParser.Parse(new string('(', 10_000) + "1" + new string(')', 10_000)));
        Assert.Throws<CelSyntaxException>(() => CelParser.Parse(new string('!', 10_000) + "true"));
        Assert.Throws<CelSyntaxException>(() => CelParser.Parse(new string('[', 10_000)));
    }

    [Fact]
    public void Uses_sees_a_variable_wherever_it_stands()
    {
        CelVariable[] variables = [new("self", TypeSchema.Any), new("oldSelf", TypeSchema.Any)];
        foreach (var expression in new[] { "oldSelf == 1", "self.all(x, x in oldSelf)", "has(oldSelf.a)", "[1].exists(x, oldSelf.b == x)", "{'a': oldSelf} == {}", "self ? oldSelf : self" })
        {
            Assert.True(CelProgram.Compile(expression, variables).Uses("oldSelf"), expression);
        }
        Assert.False(CelProgram.Compile("self == 'oldSelf'", variables).Uses("oldSelf"));
    }

    internal static void AssertTrue(string expression)
    {
        var result = CelProgram.Compile(expression).Evaluate([], 1_000_000, out _);
        Assert.True(result.Value is true, $"{expression}: {result.Error ?? result.Value}");
    }
}
