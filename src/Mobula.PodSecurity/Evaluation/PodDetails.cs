namespace Mobula.PodSecurity.Evaluation;

/// <summary>A piece of text: of the JSON, or, counted on behind its end, of what was unescaped.</summary>
internal readonly record struct TextRange(int Start, int Length);

/// <summary>The lists of containers, in the order in which checks visit them.</summary>
internal enum ContainerList
{
    Init,
    Regular,
    Ephemeral,
}

/// <summary>A container as the checks see it.</summary>
internal readonly record struct ContainerFacts(PodTraits Traits, TextRange Name, ContainerList List);

/// <summary>A value that a text may quote, and the trait it is quoted for.</summary>
/// <param name="Trait">The trait.</param>
/// <param name="Text">The value; for a volume its name; for an annotation its key.</param>
/// <param name="Value">The value of an annotation.</param>
/// <param name="Rank">The rank of a volume's restricted type.</param>
internal readonly record struct Mention(PodTraits Trait, TextRange Text, TextRange Value = default, int Rank = 0);

/// <summary>What the texts of violations name.</summary>
internal readonly ref struct PodDetails
{
    private readonly JsonText _json;
    private readonly ReadOnlySpan<byte> _unescaped;

    public PodDetails(JsonText json, ReadOnlySpan<byte> unescaped, ReadOnlySpan<ContainerFacts> containers, ReadOnlySpan<Mention> mentions, PodTraits traits, PodTraits ofPodItself)
    {
        _json = json;
        _unescaped = unescaped;
        Containers = containers;
        Mentions = mentions;
        Traits = traits;
        OfPodItself = ofPodItself;
    }

    /// <summary>How many bytes text ranges can lead to.</summary>
    public int Length => _json.Length + _unescaped.Length;

    /// <summary>All containers, each list in its order, the lists in the JSON's.</summary>
    public ReadOnlySpan<ContainerFacts> Containers { get; }

    /// <summary>The values that may be quoted, in the JSON's order.</summary>
    public ReadOnlySpan<Mention> Mentions { get; }

    /// <summary>The traits of the whole pod.</summary>
    public PodTraits Traits { get; }

    /// <summary>Those that the pod's own securityContext brings.</summary>
    public PodTraits OfPodItself { get; }

    public ReadOnlySpan<byte> this[TextRange text] => text.Start <= _json.Length - text.Length
        ? _json.Slice(text.Start, text.Length)
        : _unescaped.Slice(text.Start - _json.Length, text.Length);
}
