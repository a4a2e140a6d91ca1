using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>Writes the texts of violations, in the pieces of which Kubernetes composes them.</summary>
internal ref struct ViolationText
{
    private PooledList<byte> _text;
    private PooledList<ViolationPlace> _violations;
    private PooledList<TextRange> _collected;

    // Annotations as they are quoted; their ranges begin behind the pod's.
    private PooledList<byte> _rendered;
    private int _reasonEnd;

    public ViolationText(Span<byte> text, Span<ViolationPlace> violations, Span<TextRange> collected)
    {
        _text = new(text);
        _violations = new(violations);
        _collected = new(collected);
    }

    /// <summary>What stands between reason and detail; behind the detail stands one parenthesis.</summary>
    public static ReadOnlySpan<byte> Opening => " ("u8;

    /// <summary>Lets a check tell its reason and its detail.</summary>
    public void Explain(int check, Explanation explain, scoped in PodDetails pod)
    {
        if (_text.Count > 0) _text.AddAll(", "u8);
        var start = _text.Count;
        explain(in pod, ref this);
        if (_text.Count == _reasonEnd + Opening.Length) _text.Truncate(_reasonEnd);
        else _text.Add((byte)')');
        _violations.Add(new(check, start, _reasonEnd, _text.Count));
    }

    /// <summary>Tells the reason; the detail follows.</summary>
    public void Reason(scoped ReadOnlySpan<byte> reason)
    {
        _text.AddAll(reason);
        _reasonEnd = _text.Count;
        _text.AddAll(Opening);
    }

    public void Add(scoped ReadOnlySpan<byte> text) => _text.AddAll(text);

    /// <summary>Writes <c>container "a"</c> or <c>containers "a", "b"</c> of those with a trait; returns how many there are.</summary>
    public int Containers(scoped in PodDetails pod, PodTraits traits)
    {
        var count = 0;
        foreach (ref readonly var container in pod.Containers)
        {
            if ((container.Traits & traits) != 0) count++;
        }
        _text.AddAll(count == 1 ? "container "u8 : "containers "u8);
        var written = 0;
        for (var list = ContainerList.Init; list <= ContainerList.Ephemeral; list++)
        {
            foreach (ref readonly var container in pod.Containers)
            {
                if (container.List == list && (container.Traits & traits) != 0) AddListed(pod[container.Name], quoted: true, isFirst: written++ == 0);
            }
        }
        return count;
    }

    /// <summary>Writes who set something: the pod, containers, annotations, joined by <c>and</c>.</summary>
    public void Setters(scoped in PodDetails pod, PodTraits traits, int annotations = 0)
    {
        var start = _text.Count;
        if ((pod.OfPodItself & traits) != 0) _text.AddAll("pod"u8);
        foreach (ref readonly var container in pod.Containers)
        {
            if ((container.Traits & traits) == 0) continue;
            And(start);
            Containers(in pod, traits);
            break;
        }
        if (annotations == 0) return;
        And(start);
        _text.AddAll(annotations == 1 ? "annotation"u8 : "annotations"u8);
    }

    /// <summary>Gathers the distinct values mentioned for some traits, sorted by their bytes; returns how many there are.</summary>
    public int Collect(scoped in PodDetails pod, PodTraits traits)
    {
        _collected.Truncate(0);
        foreach (ref readonly var mention in pod.Mentions)
        {
            if ((mention.Trait & traits) == 0) continue;
            _collected.Add((mention.Trait & (PodTraits.AppArmorAnnotation | PodTraits.SeccompAnnotation)) != 0 ? Render(in pod, in mention) : mention.Text);
        }
        return SortCollected(in pod);
    }

    /// <summary>Gathers the distinct names of the containers with a trait, sorted by their bytes; returns how many there are.</summary>
    public int CollectNames(scoped in PodDetails pod, PodTraits traits)
    {
        _collected.Truncate(0);
        foreach (ref readonly var container in pod.Containers)
        {
            if ((container.Traits & traits) != 0) _collected.Add(container.Name);
        }
        return SortCollected(in pod);
    }

    /// <summary>Writes what was gathered last.</summary>
    public void AddCollected(scoped in PodDetails pod, bool quoted = true, bool isFirst = true)
    {
        foreach (var value in _collected.Items)
        {
            AddListed(Collected(in pod, value), quoted, isFirst);
            isFirst = false;
        }
    }

    /// <summary>Writes one of several values.</summary>
    public void AddListed(scoped ReadOnlySpan<byte> value, bool quoted, bool isFirst)
    {
        if (!isFirst) _text.AddAll(", "u8);
        if (quoted) _text.Add((byte)'"');
        _text.AddAll(value);
        if (quoted) _text.Add((byte)'"');
    }

    /// <summary>Writes one of several parts of a detail.</summary>
    public void AddPart(scoped ReadOnlySpan<byte> part, bool isFirst)
    {
        if (!isFirst) _text.AddAll("; "u8);
        _text.AddAll(part);
    }

    /// <summary>The verdict with what was written.</summary>
    public PodSecurityVerdict ToVerdict()
    {
        var text = StrictUtf8.GetString(_text.Items);
        ViolationPlace[] places = [.. _violations.Items];
        if (text.Length != _text.Count)
        {
            foreach (ref var place in places.AsSpan())
            {
                place = place with { Start = CharacterAt(place.Start), ReasonEnd = CharacterAt(place.ReasonEnd), End = CharacterAt(place.End) };
            }
        }
        return new(text, places);
    }

    public void Dispose()
    {
        _text.Dispose();
        _violations.Dispose();
        _collected.Dispose();
        _rendered.Dispose();
    }

    private readonly int CharacterAt(int place) => Encoding.UTF8.GetCharCount(_text.Items[..place]);

    private void And(int start)
    {
        if (_text.Count > start) _text.AddAll(" and "u8);
    }

    private TextRange Render(scoped in PodDetails pod, scoped in Mention annotation)
    {
        var start = _rendered.Count;
        _rendered.AddAll(pod[annotation.Text]);
        _rendered.Add((byte)'=');
        GoQuoting.Append(ref _rendered, pod[annotation.Value]);
        return new(pod.Length + start, _rendered.Count - start);
    }

    [UnscopedRef]
    private readonly ReadOnlySpan<byte> Collected(scoped in PodDetails pod, TextRange text) =>
        text.Start < pod.Length || text.Length == 0 ? pod[text] : _rendered.Items.Slice(text.Start - pod.Length, text.Length);

    private int SortCollected(scoped in PodDetails pod)
    {
        var values = _collected.Items;
        if (values.Length > 32)
        {
            var texts = new byte[values.Length][];
            for (var i = 0; i < texts.Length; i++) texts[i] = Collected(in pod, values[i]).ToArray();
            texts.AsSpan().Sort(values, static (a, b) => a.AsSpan().SequenceCompareTo(b));
        }
        for (var i = 1; i < values.Length; i++)
        {
            var value = values[i];
            var at = i;
            for (; at > 0 && Collected(in pod, values[at - 1]).SequenceCompareTo(Collected(in pod, value)) > 0; at--) values[at] = values[at - 1];
            values[at] = value;
        }
        var distinct = Math.Min(1, values.Length);
        for (var i = 1; i < values.Length; i++)
        {
            if (!Collected(in pod, values[i]).SequenceEqual(Collected(in pod, values[distinct - 1]))) values[distinct++] = values[i];
        }
        _collected.Truncate(distinct);
        return distinct;
    }
}

/// <summary>Where a violation stands in the text of all.</summary>
/// <param name="Check">The check's index among <see cref="Standards.All"/>.</param>
/// <param name="Start">Where its reason begins.</param>
/// <param name="ReasonEnd">Where its reason ends.</param>
/// <param name="End">Where its detail and the parenthesis around it end.</param>
internal readonly record struct ViolationPlace(int Check, int Start, int ReasonEnd, int End);
