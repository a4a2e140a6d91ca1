namespace Mobula.ApiServer.Auditing;

/// <summary>Takes what happens to requests and writes audit events of it by its policy.</summary>
public interface IAuditSink
{
    /// <summary>Decides how much of a request is wanted; called once, before the request is authorized.</summary>
    /// <param name="request">The request; its answer is not known yet.</param>
    AuditDemand Begin(AuditedRequest request);

    /// <summary>Called at each stage of a request whose demand was not <see cref="AuditDemand.None"/>. Must not block.</summary>
    /// <param name="stage">What happened.</param>
    /// <param name="request">The request as it is known now.</param>
    void Record(AuditStage stage, AuditedRequest request);
}

/// <summary>How much of a request an audit policy wants.</summary>
public enum AuditDemand
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Who did what; no bodies.</summary>
    Metadata,

    /// <summary>Also the request's object.</summary>
    Request,

    /// <summary>Also the response's object.</summary>
    RequestResponse,
}

/// <summary>The stages of a request, as <c>audit.k8s.io/v1</c> names them.</summary>
public enum AuditStage
{
    /// <summary>The request arrived and its user is known.</summary>
    RequestReceived,

    /// <summary>The headers of a long-running answer (watch, exec) are out.</summary>
    ResponseStarted,

    /// <summary>The answer is complete.</summary>
    ResponseComplete,

    /// <summary>The request failed by an error inside the server.</summary>
    Panic,
}
