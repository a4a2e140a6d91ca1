using Microsoft.AspNetCore.Http;

namespace Mobula.Node.Streaming;

/// <summary>What an exec or attach request asks for. The API server passes a client's query on, in either of two spellings.</summary>
internal sealed record RemoteCommandRequest(bool Stdin, bool Stdout, bool Stderr, bool Tty, IReadOnlyList<string> Command)
{
    public static RemoteCommandRequest From(IQueryCollection query)
    {
        bool Asked(string name, string other) => query[name].Concat(query[other]).Any(v => v is "1" or "true");
        var tty = Asked("tty", "tty");
        return new RemoteCommandRequest(
            Asked("input", "stdin"),
            Asked("output", "stdout"),
            // A terminal has one output.
            !tty && Asked("error", "stderr"),
            tty,
            [.. query["command"].Where(c => c is not null)!]);
    }

    /// <summary>Why the request cannot be served, or null.</summary>
    public string? Problem() => Stdin || Stdout || Stderr ? null : "you must specify at least 1 of stdin, stdout, stderr";
}
