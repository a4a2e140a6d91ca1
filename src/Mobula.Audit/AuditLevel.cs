namespace Mobula.Audit;

/// <summary>How much of a request is recorded, from nothing to everything.</summary>
public enum AuditLevel
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Who asked for what, when, and what came of it; no bodies.</summary>
    Metadata,

    /// <summary>Also the body of the request.</summary>
    Request,

    /// <summary>Also the body of the answer.</summary>
    RequestResponse,
}

/// <summary>The moments of a request at which an event can be recorded.</summary>
[Flags]
public enum AuditStages
{
    /// <summary>No stage.</summary>
    None = 0,

    /// <summary>The request arrived; it is not authorized yet.</summary>
    RequestReceived = 1,

    /// <summary>The headers of a long-running answer are out (watch, log, exec); of no other requests.</summary>
    ResponseStarted = 2,

    /// <summary>The answer is out.</summary>
    ResponseComplete = 4,

    /// <summary>The request failed by an error inside the server.</summary>
    Panic = 8,
}
