using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mobula.ApiServer.Auditing;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Audit;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Pipeline;

/// <summary>
/// The way of every request, in this order: authenticate, impersonate, start audit, authorize, resolve, answer (for
/// writes see <see cref="ObjectWriter"/>), end audit.
/// </summary>
internal sealed class RequestPipeline(
    Authenticator authenticator, Impersonation impersonation, Authorizer authorizer, ResourceRouter resources, RootEndpoints roots,
    RequestMetrics metrics, IAuditSink? auditSink, TimeProvider time, Action<string>? log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var path = PathOf(http);
        var info = RequestInfo.Read(http.Request.Method, path, http.Request.Query);
        var sentId = http.Request.Headers["Audit-ID"].ToString();
        var request = new ApiRequest(http, info, time.GetUtcNow()) { AuditId = sentId.Length > 0 ? sentId : Guid.NewGuid().ToString() };
        http.Response.Headers["Audit-Id"] = request.AuditId;
        http.Response.Headers.CacheControl = "no-cache, private";
        using var measured = metrics.Begin(info);
        try
        {
            try
            {
                await RunAsync(request).ConfigureAwait(false);
            }
            catch (StatusException e) when (!http.Response.HasStarted)
            {
                await FailAsync(request, e).ConfigureAwait(false);
            }
            catch (StorageUnavailableException e) when (!http.Response.HasStarted)
            {
                await FailAsync(request, StatusException.InternalError(e.Message)).ConfigureAwait(false);
            }
            if (request.IsKnown) Record(request, AuditStages.ResponseComplete);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            Record(request, AuditStages.ResponseComplete);
        }
        catch (Exception e)
        {
            log?.Invoke($"{info.Verb} {path}: {e}");
            Record(request, AuditStages.Panic);
            if (http.Response.HasStarted) http.Abort();
            else await AnswerWriter.WriteAsync(request, 500, StatusException.InternalError(e.Message).Status, MediaType.Json).ConfigureAwait(false);
        }
        measured.Status = http.Response.StatusCode;
    }

    private async Task RunAsync(ApiRequest request)
    {
        var http = request.Http;
        if (!request.Info.IsLongRunning && GoDuration.Problem(request.Query["timeout"].ToString()) is { } problem)
        {
            RefuseUnknown(request);
            throw StatusException.BadRequest($"invalid timeout specified in the request URL - {problem}");
        }
        if (await authenticator.AuthenticateAsync(http).ConfigureAwait(false) is not { } user)
        {
            RefuseUnknown(request);
            throw StatusException.Unauthorized();
        }
        request.User = user;
        request.IsKnown = true;
        BeginAudit(request, user);
        Record(request, AuditStages.RequestReceived);
        if (request.Info.IsLongRunning) RecordStart(request);
        impersonation.Apply(request);
        authorizer.Authorize(request);
        var answer = request.Info.IsResource
            ? await resources.AnswerAsync(request).ConfigureAwait(false)
            : await roots.AnswerAsync(request).ConfigureAwait(false);
        await WriteAsync(request, answer).ConfigureAwait(false);
    }

    private async Task WriteAsync(ApiRequest request, Answer answer)
    {
        var http = request.Http;
        if (request.Audit is { } audit) audit.ResponseCode = answer.Status;
        switch (answer)
        {
            case ObjectAnswer o:
                if (request.Audit is { } told && o.Object.Kind == "Status") told.ResponseStatus = o.Object;
                if (request is { Demand: AuditLevel.RequestResponse, Audit: { } wanted } && request.Info.Path != "/version") wanted.ResponseObject = o.Object;
                await AnswerWriter.WriteAsync(request, o.Status, o.Object, Negotiation.ForError(http.Request.Headers.Accept.ToString())).ConfigureAwait(false);
                break;
            case BytesAnswer bytes:
                foreach (var (name, value) in bytes.Headers) http.Response.Headers[name] = value;
                AnswerWriter.Begin(request, bytes.Status, bytes.ContentType);
                if (bytes.ContentType.Length == 0) http.Response.ContentType = null;
                if (bytes.Status is not (204 or 304))
                {
                    http.Response.ContentLength = bytes.Bytes.Length;
                    if (request.Method != "HEAD") await http.Response.Body.WriteAsync(bytes.Bytes, request.Aborted).ConfigureAwait(false);
                }
                break;
            case StreamAnswer stream:
                await stream.WriteAsync(http).ConfigureAwait(false);
                break;
        }
    }

    private async Task FailAsync(ApiRequest request, StatusException error)
    {
        var response = request.Http.Response;
        if (request.Audit is { } audit)
        {
            audit.ResponseCode = error.Code;
            // The refusal of a media type is written past what audit sees.
            if (error.Code != 406) audit.ResponseStatus = error.Status;
            if (error.Code != 406 && request.Demand == AuditLevel.RequestResponse) audit.ResponseObject = error.Status;
        }
        if (error.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await AnswerWriter.WriteAsync(request, error.Code, error.Status, Negotiation.ForError(request.Http.Request.Headers.Accept.ToString())).ConfigureAwait(false);
    }

    private void BeginAudit(ApiRequest request, UserInfo user)
    {
        if (auditSink is null) return;
        var info = request.Info;
        request.Audit = new()
        {
            AuditId = request.AuditId,
            Received = request.Received,
            RequestUri = request.Http.Request.Path + request.Http.Request.QueryString,
            Verb = info.Verb,
            IsResourceRequest = info.IsResource,
            ApiGroup = info.Group,
            ApiVersion = info.Version,
            Resource = info.Resource,
            Subresource = info.Subresource,
            Namespace = info.Namespace,
            Name = info.Name,
            Path = info.Path,
            User = user,
            SourceIPs = SourceAddresses.Of(request.Http),
            UserAgent = request.Http.Request.Headers.UserAgent.ToString(),
        };
        request.Demand = auditSink.Begin(request.Audit);
    }

    /// <summary>A request refused before its user is known has one event, when its answer starts.</summary>
    private void RefuseUnknown(ApiRequest request)
    {
        BeginAudit(request, new(""));
        RecordStart(request);
    }

    private void RecordStart(ApiRequest request) => request.AnswerStarts = status =>
    {
        request.AnswerStarts = null;
        if (request.Audit is { } audit) audit.ResponseCode = status;
        Record(request, AuditStages.ResponseStarted);
    };

    private void Record(ApiRequest request, AuditStages stage)
    {
        if (auditSink is null || request.Audit is not { } audit || request.Demand == AuditLevel.None) return;
        audit.StageTime = time.GetUtcNow();
        if (audit.ResponseCode == 0 && stage is not AuditStages.RequestReceived) audit.ResponseCode = request.Http.Response.StatusCode;
        auditSink.Record(stage, audit);
    }

    /// <summary>The decoded path. Kestrel leaves encoded slashes; the API knows none.</summary>
    private static string PathOf(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(target) || target[0] != '/') return http.Request.Path.Value ?? "/";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return Uri.UnescapeDataString(query < 0 ? target : target[..query]);
    }
}
