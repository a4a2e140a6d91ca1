using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Quotas;

namespace Mobula.ApiServer.Admission;

/// <summary>ResourceQuota: nothing is made beyond what the quotas of its namespace leave. Last of all, since it counts what it lets pass.</summary>
internal sealed class ResourceQuotaAdmission(ObjectStore store) : AdmissionPlugin
{
    private const string Quotas = "resourcequotas";

    private static readonly GroupVersionKind QuotaKind = new("", "v1", "ResourceQuota");

    public override string Name => "ResourceQuota";

    public override async ValueTask ValidateAsync(AdmissionReview review)
    {
        if (review.Object is not { } o || review.Namespace.Length == 0 || !IsCounted(review)) return;
        var resource = review.Definition.Resource.QualifiedName;
        foreach (var stored in store.List(Quotas).Objects.Values.Where(q => q.Key.Namespace == review.Namespace).OrderBy(q => q.Key.Name, StringComparer.Ordinal))
        {
            for (StoredObject? quota = stored; quota is not null;)
            {
                quota = await TrySpendAsync(review, resource, o, quota).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Creations count; of updates those that can raise what an object takes.</summary>
    private static bool IsCounted(AdmissionReview review) => (review.Operation, review.Subresource) switch
    {
        (AdmissionOperation.Create, "") => true,
        (AdmissionOperation.Update, "") => review.Is("services") || review.Is("persistentvolumeclaims"),
        (AdmissionOperation.Update, "resize") => review.Definition.Resource.QualifiedName == "pods",
        _ => false,
    };

    /// <returns>The quota as it is now, when somebody else changed it meanwhile; null when all is done.</returns>
    private async Task<StoredObject?> TrySpendAsync(AdmissionReview review, string resource, JsonObject o, StoredObject stored)
    {
        var quota = stored.Parse();
        var usage = ResourceUsage.Of(resource, o);
        var tracked = (quota.Object("spec", "hard") ?? []).Select(h => h.Key).Where(h => IsTracked(h, resource, usage)).ToList();
        if (tracked.Count == 0 || !ResourceUsage.IsInScope(quota, resource, o)) return null;
        if (resource == "pods" && PodUsage.Missing(o, tracked) is { Count: > 0 } missing)
        {
            throw Refused(review, $"failed quota: {quota.Name}: must specify {string.Join("; ", missing.Select(m => $"{m.Key} for: {string.Join(',', m.Value)}"))}");
        }
        var hard = ResourceUsage.Read(quota.Object("status", "hard")).ToDictionary(h => h.Resource, h => h.Amount);
        var used = ResourceUsage.Read(quota.Object("status", "used")).ToDictionary(h => h.Resource, h => h.Amount);
        if (tracked.Any(t => !hard.ContainsKey(t) || !used.ContainsKey(t)))
        {
            throw Refused(review, $"status unknown for quota: {quota.Name}, resources: {string.Join(',', tracked.Order(StringComparer.Ordinal))}");
        }
        if (review.OldObject is { } old)
        {
            foreach (var (name, amount) in ResourceUsage.Of(resource, old)) usage[name] = usage.GetValueOrDefault(name) - amount;
        }
        var asked = tracked.Where(t => usage.GetValueOrDefault(t).Sign != 0).Order(StringComparer.Ordinal).ToDictionary(t => t, t => usage[t]);
        var exceeded = asked.Where(a => a.Value.Sign > 0 && used[a.Key] + a.Value > hard[a.Key]).Select(a => a.Key).ToList();
        if (exceeded.Count > 0)
        {
            string Amounts(Dictionary<string, Quantity> of) => string.Join(',', exceeded.Select(e => $"{e}={of[e]}"));
            throw Refused(review, $"exceeded quota: {quota.Name}, requested: {Amounts(asked)}, used: {Amounts(used)}, limited: {Amounts(hard)}");
        }
        if (asked.Count == 0 || review.Write.IsDryRun) return null;
        foreach (var (name, amount) in asked) quota.Ensure("status", "used")[name] = (used[name] + amount).ToString();
        try
        {
            await store.CommitAsync(new(stored.Key, stored.Revision, StoredForm.Write(quota, QuotaKind), false)).ConfigureAwait(false);
            return null;
        }
        catch (WriteConflictException e)
        {
            return e.Current;
        }
    }

    private static bool IsTracked(string name, string resource, Dictionary<string, Quantity> usage) =>
        usage.ContainsKey(name) || (resource == "pods" && ResourceUsage.CountedResource(name) == "pods");

    private static StatusException Refused(AdmissionReview review, string why) => StatusException.Forbidden(review.Definition.Resource, review.Name, why);
}
