namespace Mobula.Cli.Tutorials;

/// <summary>A step did not turn out as it should.</summary>
/// <param name="expected">What should have been seen.</param>
/// <param name="seen">What was seen.</param>
internal sealed class TutorialFailure(string expected, string seen) : Exception($"expected {expected}")
{
    /// <summary>What should have been seen.</summary>
    public string Expected => expected;

    /// <summary>What was seen.</summary>
    public string Seen => seen;
}
