namespace Mobula.Cli.Tutorials;

/// <summary>What a command line did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Both streams, for what is looked for in either.</summary>
    public string Both => Output + Error;
}
