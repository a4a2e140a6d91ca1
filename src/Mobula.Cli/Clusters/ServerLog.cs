using Microsoft.Extensions.Logging;

namespace Mobula.Cli.Clusters;

/// <summary>The server's own log: a line each, with its time, on standard output.</summary>
internal sealed class ServerLog(TimeProvider clock, LogLevel least) : ILogger
{
    /// <summary>Writes a line of ordinary interest.</summary>
    public void Line(string text) => Console.Out.WriteLine($"{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {text}");

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        Line($"{(logLevel >= LogLevel.Warning ? logLevel.ToString().ToLowerInvariant() + ": " : "")}{formatter(state, exception)}{(exception is null ? "" : $": {exception}")}");
    }
}
