namespace Mobula.Cli;

/// <summary>What a person asked for cannot be done as asked; told in the message, without a stack trace. The exit code is 2.</summary>
/// <param name="message">What, where and why, and the way out: at most three lines.</param>
internal sealed class UsageException(string message) : Exception(message);
