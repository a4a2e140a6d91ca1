using Mobula.ApiServer.Authentication;
using Mobula.Audit;

namespace Mobula.ApiServer.Auditing;

/// <summary>Writes the events that an audit policy wants to an audit log.</summary>
/// <param name="policy">Decides.</param>
/// <param name="log">Takes the events; not disposed of here.</param>
public sealed class PolicyAuditSink(AuditPolicy policy, AuditLog log) : IAuditSink
{
    /// <inheritdoc/>
    public AuditLevel Begin(AuditedRequest request)
    {
        var decision = policy.Decide(new AuditAttributes
        {
            UserName = request.User.Name,
            Groups = request.User.Groups,
            Verb = request.Verb,
            IsResourceRequest = request.IsResourceRequest,
            ApiGroup = request.ApiGroup,
            Resource = request.Resource,
            Subresource = request.Subresource,
            Namespace = request.Namespace,
            Name = request.Name,
            Path = request.Path,
        });
        request.SinkState = decision;
        return decision.Level;
    }

    /// <inheritdoc/>
    public void Record(AuditStages stage, AuditedRequest request)
    {
        if (request.SinkState is not AuditDecision decision || !decision.Records(stage)) return;
        log.Write(new AuditEvent
        {
            Level = decision.Level,
            AuditId = request.AuditId,
            Stage = stage,
            RequestUri = request.RequestUri,
            Verb = request.Verb,
            User = User(request.User),
            ImpersonatedUser = request.ImpersonatedUser is { } impersonated ? User(impersonated) : null,
            ImpersonationConstraint = request.ImpersonationConstraint,
            SourceIPs = request.SourceIPs,
            UserAgent = request.UserAgent,
            ObjectRef = request.IsResourceRequest ? Reference(request) : null,
            ResponseCode = request.ResponseCode,
            ResponseStatus = request.ResponseStatus,
            RequestObject = request.RequestObject,
            ResponseObject = request.ResponseObject,
            IsPatch = request.Verb == "patch",
            OmitManagedFields = decision.OmitManagedFields,
            RequestReceived = request.Received,
            StageTime = request.StageTime,
            Annotations = request.Annotations.Count > 0 ? new Dictionary<string, string>(request.Annotations) : null,
        });
    }

    private static AuditObjectReference Reference(AuditedRequest request) => new()
    {
        Resource = request.Resource,
        Namespace = request.Namespace,
        Name = request.Name,
        Uid = request.ObjectUid,
        ApiGroup = request.ApiGroup,
        ApiVersion = request.ApiVersion,
        ResourceVersion = request.ObjectResourceVersion,
        Subresource = request.Subresource,
    };

    private static AuditUser User(UserInfo user) => new() { UserName = user.Name, Uid = user.Uid, Groups = user.Groups, Extra = user.Extra };
}
