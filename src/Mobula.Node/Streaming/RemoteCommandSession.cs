using System.Threading.Channels;

namespace Mobula.Node.Streaming;

/// <summary>
/// A client's side of an exec or attach, whatever protocol it speaks. Streams that the client did not ask for are null.
/// </summary>
internal abstract class RemoteCommandSession : IAsyncDisposable
{
    /// <summary>What the client types; ends when the client ends it or goes away.</summary>
    public abstract Stream? Stdin { get; }

    public abstract Stream? Stdout { get; }

    public abstract Stream? Stderr { get; }

    /// <summary>The sizes of the client's terminal, newest last.</summary>
    public abstract ChannelReader<TerminalSize> Resizes { get; }

    /// <summary>Cancelled when the client has gone.</summary>
    public abstract CancellationToken Gone { get; }

    /// <summary>Tells the client how it ended and closes the conversation, after all output has been written.</summary>
    public abstract Task FinishAsync(RemoteCommandStatus status);

    public abstract ValueTask DisposeAsync();
}
