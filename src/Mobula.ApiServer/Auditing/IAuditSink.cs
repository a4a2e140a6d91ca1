using Mobula.Audit;

namespace Mobula.ApiServer.Auditing;

/// <summary>Takes what happens to requests and writes audit events of it by its policy.</summary>
public interface IAuditSink
{
    /// <summary>Decides how much of a request is wanted; called once, before the request is authorized.</summary>
    /// <param name="request">The request; its answer is not known yet.</param>
    AuditLevel Begin(AuditedRequest request);

    /// <summary>Called at each stage of a request whose demand was not <see cref="AuditLevel.None"/>. Must not block.</summary>
    /// <param name="stage">What happened; one stage.</param>
    /// <param name="request">The request as it is known now.</param>
    void Record(AuditStages stage, AuditedRequest request);
}
