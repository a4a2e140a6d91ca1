using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Mobula.Node.Streaming;

/// <summary>Which lines of a container's log are wanted, as PodLogOptions say.</summary>
/// <param name="Follow">Go on with what the container will still write.</param>
/// <param name="Previous">The log of the instance before this one.</param>
/// <param name="Timestamps">Each line begins with its time.</param>
/// <param name="TailLines">Only so many lines from the end; null for all.</param>
/// <param name="Since">Only lines from then on; null for all.</param>
/// <param name="LimitBytes">At most so many bytes; null for all.</param>
internal sealed record LogOptions(bool Follow, bool Previous, bool Timestamps, long? TailLines, DateTimeOffset? Since, long? LimitBytes)
{
    /// <summary>Reads the options from a request's query.</summary>
    /// <exception cref="FormatException">A value is not what it should be; the message names it.</exception>
    public static LogOptions From(IQueryCollection query, DateTimeOffset now)
    {
        var since = Number("sinceSeconds") is { } seconds ? now.AddSeconds(-seconds) : Time("sinceTime");
        return new LogOptions(Flag("follow"), Flag("previous"), Flag("timestamps"), Number("tailLines"), since, Number("limitBytes"));

        bool Flag(string name) => (string?)query[name] is "true" or "1";

        long? Number(string name) => (string?)query[name] is not { Length: > 0 } text ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
            : throw new FormatException($"{name}: \"{text}\" is not a number of at least 0");

        DateTimeOffset? Time(string name) => (string?)query[name] is not { Length: > 0 } text ? null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value) ? value
            : throw new FormatException($"{name}: \"{text}\" is not a time like 2025-01-31T12:00:00Z");
    }
}
