using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Webhook.Exemptions;

namespace Mobula.PodSecurity.Webhook.Reviews;

/// <summary>
/// Gathers what a decision needs (the namespace, who owns the workload, running pods) and lets <see cref="PodSecurityAdmission"/>
/// decide, the same that the built-in admission step of Mobula's own API server asks.
/// </summary>
/// <param name="admission">Decides.</param>
/// <param name="configuration">The same configuration, for exemptions that come before those of workloads.</param>
/// <param name="namespaces">Finds a namespace; throws <see cref="StatusException"/> when it cannot.</param>
/// <param name="pods">Lists the pods of a namespace.</param>
/// <param name="exemptions">The exemptions of workloads as they are now.</param>
/// <param name="owners">Whose a pod is.</param>
/// <param name="ownNamespace">Where the ConfigMaps of exemptions lie; null where there are none.</param>
/// <param name="time">The clock.</param>
internal sealed class ReviewDecider(
    PodSecurityAdmission admission, PodSecurityConfiguration configuration, Func<string, CancellationToken, ValueTask<JsonObject>> namespaces,
    Func<string, CancellationToken, Task<IReadOnlyList<ReadOnlyMemory<byte>>>> pods, Func<ExemptionSet> exemptions, WorkloadOwners owners, string? ownNamespace, TimeProvider time)
{
    private static readonly TimeSpan LongestList = TimeSpan.FromSeconds(1);

    /// <param name="request">What is asked.</param>
    /// <param name="timeLeft">How long the API server still waits.</param>
    /// <param name="cancellation">Ends the search for what is needed.</param>
    public async ValueTask<PodSecurityDecision> DecideAsync(ReviewRequest request, TimeSpan timeLeft, CancellationToken cancellation)
    {
        if (request.Operation is not ("CREATE" or "UPDATE")) return PodSecurityDecision.Allow;
        if (request is { Group: "", Resource: "configmaps" }) return AdviseOnExemptions(request);
        if (!admission.Concerns(request.Group, request.Resource)) return PodSecurityDecision.Allow;
        var asked = new AdmissionRequest
        {
            Operation = request.Operation == "CREATE" ? AdmissionOperation.Create : AdmissionOperation.Update,
            Group = request.Group,
            Resource = request.Resource,
            Subresource = request.Subresource,
            Namespace = request.Namespace,
            Name = request.Name,
            UserName = request.UserName,
            Object = request.Object,
            OldObject = request.OldObject,
            TimeLeft = timeLeft,
        };
        if (request is { Group: "", Resource: "namespaces" }) return await DecideNamespaceAsync(asked, timeLeft, cancellation).ConfigureAwait(false);

        var isExempt = configuration.ExemptNamespaces.Contains(request.Namespace) || configuration.ExemptUserNames.Contains(request.UserName);
        if (isExempt) return admission.Decide(asked);
        asked = asked with { GetNamespace = await FindNamespaceAsync(request.Namespace, cancellation).ConfigureAwait(false) };
        var known = exemptions();
        if (!known.Concerns(request.Namespace) || IsOtherSubresource(request)) return admission.Decide(asked);
        var workloads = await owners.OfAsync(request.Group, request.Resource, request.Namespace, request.Name, request.Object, cancellation).ConfigureAwait(false);
        return known.Find(request.Namespace, workloads) is { } exemption
            ? WorkloadExemptions.Decide(exemption, request, time.GetUtcNow(), () => admission.Decide(asked))
            : admission.Decide(asked);
    }

    /// <summary>The pods are listed only when the decision asks for them: it is made once without, and if it asked, again with them.</summary>
    private async ValueTask<PodSecurityDecision> DecideNamespaceAsync(AdmissionRequest asked, TimeSpan timeLeft, CancellationToken cancellation)
    {
        var wanted = false;
        var decision = admission.Decide(asked with
        {
            ListPods = () =>
            {
                wanted = true;
                return [];
            },
        });
        if (!wanted) return decision;
        var limit = timeLeft / 2 < LongestList ? timeLeft / 2 : LongestList;
        var started = time.GetTimestamp();
        IReadOnlyList<ReadOnlyMemory<byte>> listed = [];
        Exception? failure = null;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(limit);
            listed = await pods(asked.Name, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            failure = e is JsonException ? new IOException(e.Message, e) : e;
        }
        var left = limit - time.GetElapsedTime(started);
        return admission.Decide(asked with
        {
            ListPods = () => failure is null ? listed : throw failure,
            TimeLeft = left > TimeSpan.Zero ? left * 2 : TimeSpan.Zero,
        });
    }

    private async ValueTask<Func<JsonObject>> FindNamespaceAsync(string name, CancellationToken cancellation)
    {
        try
        {
            var ns = await namespaces(name, cancellation).ConfigureAwait(false);
            return () => ns;
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or OperationCanceledException)
        {
            var failure = e as StatusException ?? new StatusException(500, "InternalError", e.Message);
            return () => throw failure;
        }
    }

    private PodSecurityDecision AdviseOnExemptions(ReviewRequest request)
    {
        if (request.Namespace != ownNamespace || request.Object.IsEmpty) return PodSecurityDecision.Allow;
        try
        {
            var configMap = KubernetesJson.ParseObject(request.Object.Span);
            return configMap.Label(ExemptionReader.Label) == "true" ? WorkloadExemptions.Advise(configMap, time.GetUtcNow()) : PodSecurityDecision.Allow;
        }
        catch (JsonException)
        {
            return PodSecurityDecision.Allow;
        }
    }

    private static bool IsOtherSubresource(ReviewRequest request) => request.Resource == "pods"
        ? request.Subresource is not ("" or "ephemeralcontainers" or "resize")
        : request.Subresource.Length > 0;
}
