namespace Mobula.Client;

/// <summary>What an <see cref="Informer"/> follows, and how.</summary>
public sealed record InformerOptions
{
    /// <summary>The namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Narrows by labels.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Narrows by fields.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Objects a page of the list holds at most; 0 for no paging.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>The wait after failures.</summary>
    public Backoff Backoff { get; init; } = Backoff.Connection;

    /// <summary>Told of each failure; the informer goes on by itself.</summary>
    public Action<Exception>? OnError { get; init; }
}
