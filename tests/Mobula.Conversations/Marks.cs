namespace Mobula.Conversations;

/// <summary>Judges how many steps of a conversation hold against how many did before.</summary>
public static class Marks
{
    /// <summary>
    /// Whether a replay is as good as before. Some answers depend on the second in which they are given (managedFields are
    /// ordered by whole seconds) or on whose turn it is, so that of five steps or more a share may be missing.
    /// </summary>
    /// <param name="mark">How many steps held.</param>
    /// <param name="holding">How many do now.</param>
    /// <param name="share">The part of the mark that may be missing, 0 to 1.</param>
    public static bool Allow(int mark, int holding, double share = 0.1) => holding >= mark - (mark < 5 ? 0 : Math.Max(1, (int)(mark * share)));
}
