using System.Runtime.CompilerServices;
using System.Text.Json;
using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity;

/// <summary>What the standards ask about a pod, read once from its JSON without allocating, to be judged by any number of policies.</summary>
public readonly ref struct PodFacts
{
    internal PodFacts(ReadOnlySpan<byte> json, PodTraits traits)
    {
        Json = json;
        Traits = traits;
    }

    /// <summary>The JSON the facts were read from.</summary>
    public ReadOnlySpan<byte> Json { get; }

    internal PodTraits Traits { get; }

    /// <summary>Reads a pod or a pod template.</summary>
    /// <param name="pod">UTF-8 JSON: an object with <c>metadata</c> and <c>spec</c>. It must stay as it is while the facts are used.</param>
    /// <exception cref="JsonException">The text is no JSON object, or a field has a value of another type than a pod's.</exception>
    [SkipLocalsInit]
    public static PodFacts Read(ReadOnlySpan<byte> pod)
    {
        var reader = new PodReader(pod, stackalloc ContainerFacts[8], stackalloc Mention[4]);
        try
        {
            return new(pod, reader.Read());
        }
        finally
        {
            reader.Dispose();
        }
    }
}
