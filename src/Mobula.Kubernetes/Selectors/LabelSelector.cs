using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Selectors;

/// <summary>A set of requirements on labels, all of which must hold. Without any, everything matches.</summary>
public sealed class LabelSelector
{
    /// <summary>Makes a selector of its requirements.</summary>
    /// <param name="requirements">They are ordered by key.</param>
    public LabelSelector(IEnumerable<LabelRequirement> requirements) =>
        Requirements = [.. requirements.OrderBy(r => r.Key, StringComparer.Ordinal)];

    private LabelSelector(bool nothing)
    {
        IsNothing = nothing;
        Requirements = [];
    }

    /// <summary>Matches every object.</summary>
    public static LabelSelector Everything { get; } = new(nothing: false);

    /// <summary>Matches no object (an absent <c>LabelSelector</c>).</summary>
    public static LabelSelector Nothing { get; } = new(nothing: true);

    /// <summary>The requirements, by key.</summary>
    public IReadOnlyList<LabelRequirement> Requirements { get; }

    /// <summary>Whether it matches no object whatever its labels.</summary>
    public bool IsNothing { get; }

    /// <summary>Whether it matches every object.</summary>
    public bool IsEverything => !IsNothing && Requirements.Count == 0;

    /// <summary>Reads the form of the query parameter <c>labelSelector</c>: <c>app=a,env in (x,y),!old</c>.</summary>
    /// <exception cref="StatusException">400 with Kubernetes' message.</exception>
    public static LabelSelector Parse(string? text) => string.IsNullOrEmpty(text) ? Everything : new(LabelSelectorParser.Parse(text));

    /// <summary>Reads a <c>metav1.LabelSelector</c>.</summary>
    /// <param name="selector">The object; null matches nothing, an empty one everything.</param>
    /// <exception cref="FormatException">It has an operator that is none, or values that do not fit it.</exception>
    public static LabelSelector From(JsonObject? selector)
    {
        if (selector is null) return Nothing;
        var requirements = selector.TextMap("matchLabels").Select(l => new LabelRequirement(l.Key, LabelOperator.Equals, [l.Value])).ToList();
        foreach (var expression in selector.Objects("matchExpressions"))
        {
            var name = expression.Text("operator") ?? "";
            var (known, op) = name switch
            {
                "In" => (true, LabelOperator.In),
                "NotIn" => (true, LabelOperator.NotIn),
                "Exists" => (true, LabelOperator.Exists),
                "DoesNotExist" => (true, LabelOperator.DoesNotExist),
                _ => (false, default),
            };
            if (!known) throw new FormatException($"{Errors.GoText.Quote(name)} is not a valid label selector operator");
            requirements.Add(new(expression.Text("key") ?? "", op, [.. expression.Texts("values")]));
        }
        return new(requirements);
    }

    /// <summary>The selector of labels that must be equal (a Service's or ReplicationController's <c>selector</c>).</summary>
    public static LabelSelector FromLabels(IEnumerable<KeyValuePair<string, string>> labels) =>
        new(labels.Select(l => new LabelRequirement(l.Key, LabelOperator.Equals, [l.Value])));

    /// <summary>Whether an object's labels match.</summary>
    public bool Matches(JsonObject obj) => Matches(key => obj.Label(key));

    /// <summary>Whether labels match.</summary>
    /// <param name="labels">The map; null is empty.</param>
    public bool MatchesLabels(JsonObject? labels) => Matches(key => labels?.Text(key));

    /// <summary>Whether labels match.</summary>
    /// <param name="labelOf">Gives the value of a label, null when it is absent.</param>
    public bool Matches(Func<string, string?> labelOf) => !IsNothing && Requirements.All(r => r.Matches(labelOf(r.Key)));

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Join(',', Requirements);
}
