using System.Runtime.CompilerServices;
using System.Text.Json;
using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity;

/// <summary>
/// Judges pods by the Pod Security Standards, baseline and restricted, at any version from v1.0 to v1.37 and <c>latest</c>.
/// Verdicts and texts are those of Kubernetes. It is immutable and safe for any number of threads.
/// </summary>
public sealed class PodSecurityEvaluator
{
    private readonly int _newestMinor;

    /// <summary>Makes an evaluator.</summary>
    /// <param name="kubernetesMinor">
    /// The minor version of the Kubernetes release to act as: <c>latest</c> and newer versions mean this one. Null, or one newer
    /// than all changes known: the newest known.
    /// </param>
    public PodSecurityEvaluator(int? kubernetesMinor = null)
    {
        if (kubernetesMinor is { } minor) ArgumentOutOfRangeException.ThrowIfNegative(minor, nameof(kubernetesMinor));
        _newestMinor = Math.Min(kubernetesMinor ?? int.MaxValue, Standards.NewestMinor);
    }

    /// <summary>The evaluator to which <c>latest</c> is the newest version known.</summary>
    public static PodSecurityEvaluator Default { get; } = new();

    /// <summary>The minor version of the newest change of the standards that is known.</summary>
    public static int NewestKnownMinor => Standards.NewestMinor;

    /// <summary>Judges a pod, or a pod template, by a policy.</summary>
    /// <param name="pod">UTF-8 JSON: an object with <c>metadata</c> and <c>spec</c>, volumes without a source already defaulted.</param>
    /// <param name="policy">The level and its version.</param>
    /// <exception cref="JsonException">The text is no JSON object, or a field has a value of another type than a pod's.</exception>
    [SkipLocalsInit]
    public PodSecurityVerdict Evaluate(ReadOnlySpan<byte> pod, LevelVersion policy)
    {
        if (PolicyFor(policy) is not { } checks) return default;
        var reader = new PodReader(pod, stackalloc ContainerFacts[8], stackalloc Mention[8]);
        try
        {
            return checks.IsViolatedBy(reader.Read()) ? checks.Explain(reader.Details) : default;
        }
        finally
        {
            reader.Dispose();
        }
    }

    /// <summary>Judges a pod that was read before, for example by several policies. One that fails is read again for its text.</summary>
    public PodSecurityVerdict Evaluate(PodFacts pod, LevelVersion policy) => Allows(pod, policy) ? default : Evaluate(pod.Json, policy);

    /// <summary>Whether a pod that was read before is allowed; allocates nothing.</summary>
    public bool Allows(PodFacts pod, LevelVersion policy) => PolicyFor(policy) is not { } checks || !checks.IsViolatedBy(pod.Traits);

    internal Policy? PolicyFor(LevelVersion policy) => policy.Level == PodSecurityLevel.Privileged
        ? null
        : Standards.For(policy.Level, (int)Math.Min(policy.Version.Minor, _newestMinor));
}
