namespace Mobula.Cli.Tutorials;

/// <summary>A step of a tutorial.</summary>
/// <param name="Title">What it shows, in one line.</param>
/// <param name="Run">Does it, checks it, and returns the outcome in one line.</param>
internal sealed record TutorialStep(string Title, Func<CancellationToken, Task<string>> Run);
