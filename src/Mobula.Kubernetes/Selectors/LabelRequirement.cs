using System.Globalization;

namespace Mobula.Kubernetes.Selectors;

/// <summary>The operators of label requirements.</summary>
public enum LabelOperator
{
    /// <summary><c>key=value</c>.</summary>
    Equals,

    /// <summary><c>key==value</c>; the same as <see cref="Equals"/>, but printed as written.</summary>
    DoubleEquals,

    /// <summary><c>key!=value</c>.</summary>
    NotEquals,

    /// <summary><c>key in (a,b)</c>.</summary>
    In,

    /// <summary><c>key notin (a,b)</c>.</summary>
    NotIn,

    /// <summary><c>key</c>.</summary>
    Exists,

    /// <summary><c>!key</c>.</summary>
    DoesNotExist,

    /// <summary><c>key>1</c>.</summary>
    GreaterThan,

    /// <summary><c>key&lt;1</c>.</summary>
    LessThan,
}

/// <summary>One requirement of a label selector.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">What must hold.</param>
/// <param name="Values">The values; empty for existence.</param>
public sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    /// <summary>Whether a label's value fulfils it.</summary>
    /// <param name="value">The value; null when the label is absent.</param>
    public bool Matches(string? value) => Operator switch
    {
        LabelOperator.Equals or LabelOperator.DoubleEquals or LabelOperator.In => value is not null && Values.Contains(value),
        LabelOperator.NotEquals or LabelOperator.NotIn => value is null || !Values.Contains(value),
        LabelOperator.Exists => value is not null,
        LabelOperator.DoesNotExist => value is null,
        LabelOperator.GreaterThan => Number(value) is { } left && Number(Values[0]) is { } right && left > right,
        LabelOperator.LessThan => Number(value) is { } left && Number(Values[0]) is { } right && left < right,
        _ => false,
    };

    /// <summary>The form that <see cref="LabelSelector.Parse"/> reads.</summary>
    public override string ToString() => Operator switch
    {
        LabelOperator.Equals => $"{Key}={Values[0]}",
        LabelOperator.DoubleEquals => $"{Key}=={Values[0]}",
        LabelOperator.NotEquals => $"{Key}!={Values[0]}",
        LabelOperator.In => $"{Key} in ({string.Join(',', Values.Order(StringComparer.Ordinal))})",
        LabelOperator.NotIn => $"{Key} notin ({string.Join(',', Values.Order(StringComparer.Ordinal))})",
        LabelOperator.DoesNotExist => $"!{Key}",
        LabelOperator.GreaterThan => $"{Key}>{Values[0]}",
        LabelOperator.LessThan => $"{Key}<{Values[0]}",
        _ => Key,
    };

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
