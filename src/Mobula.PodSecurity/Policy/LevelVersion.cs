namespace Mobula.PodSecurity;

/// <summary>A level at a version, as policies name it: <c>restricted:latest</c>.</summary>
/// <param name="Level">The level.</param>
/// <param name="Version">The version.</param>
public readonly record struct LevelVersion(PodSecurityLevel Level, PodSecurityVersion Version)
{
    /// <summary>Whether both ask for the same: equal, or both privileged at whatever versions.</summary>
    public bool IsEquivalentTo(LevelVersion other) =>
        this == other || (Level == PodSecurityLevel.Privileged && other.Level == PodSecurityLevel.Privileged);

    /// <summary><c>LEVEL:VERSION</c>.</summary>
    public override string ToString() => $"{Level.Word}:{Version}";
}
