using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission;

/// <summary>Priority: gives pods the number of their class.</summary>
internal sealed class PriorityAdmission(ObjectStore store) : AdmissionPlugin
{
    private const string Classes = "priorityclasses.scheduling.k8s.io";

    public override string Name => "Priority";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        if (review.Is("pods") && review.Object is { } pod && review.Operation is AdmissionOperation.Create) Mutate(review, pod);
        if (review.Is(Classes) && review.Object is { } own && own.Flag("globalDefault") == true) CheckSingleDefault(review, own);
        return default;
    }

    private void Mutate(AdmissionReview review, JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        var name = spec.Text("priorityClassName") ?? "";
        long priority = 0;
        var preemption = "PreemptLowerPriority";
        if (name.Length > 0)
        {
            if (store.Get(new(Classes, "", name))?.Parse() is not { } found)
            {
                throw StatusException.Forbidden(review.Definition.Resource, review.Name, $"no PriorityClass with name {name} was found");
            }
            (priority, preemption) = Read(found);
        }
        else if (store.List(Classes).Objects.Values.Select(c => c.Parse()).Where(c => c.Flag("globalDefault") == true).MinBy(c => c.Integer("value") ?? 0) is { } fallback)
        {
            spec["priorityClassName"] = fallback.Name;
            (priority, preemption) = Read(fallback);
        }
        if (spec.Integer("priority") is { } own && own != priority)
        {
            throw StatusException.Forbidden(review.Definition.Resource, review.Name,
                $"the integer value of priority ({own}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name");
        }
        if (spec.Text("preemptionPolicy") is { } policy && policy != preemption)
        {
            throw StatusException.Forbidden(review.Definition.Resource, review.Name,
                $"the string value of PreemptionPolicy ({policy}) must not be provided in pod spec; priority admission controller computed {preemption} from the given PriorityClass name");
        }
        spec["priority"] = priority;
        spec["preemptionPolicy"] = preemption;
    }

    private static (long, string) Read(JsonObject found) => (found.Integer("value") ?? 0, found.Text("preemptionPolicy") ?? "PreemptLowerPriority");

    private void CheckSingleDefault(AdmissionReview review, JsonObject own)
    {
        foreach (var other in store.List(Classes).Objects.Values.Select(c => c.Parse()))
        {
            if (other.Name == own.Name || other.Flag("globalDefault") != true) continue;
            throw StatusException.Forbidden(review.Definition.Resource, review.Name, $"PriorityClass {other.Name} is already marked as default. Only one default can exist");
        }
    }
}

/// <summary>DefaultTolerationSeconds: pods stay five minutes on a node that is not ready or not reachable.</summary>
internal sealed class DefaultTolerationSeconds : AdmissionPlugin
{
    public override string Name => "DefaultTolerationSeconds";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        if (!review.Is("pods") || review.Object is not { } pod || review.Operation is not (AdmissionOperation.Create or AdmissionOperation.Update)) return default;
        foreach (var key in new[] { "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable" })
        {
            if (pod.Objects("spec", "tolerations").Any(t => Tolerates(t, key))) continue;
            var tolerations = pod.List("spec", "tolerations");
            if (tolerations is null) pod.Ensure("spec")["tolerations"] = tolerations = [];
            tolerations.Add((JsonNode)new JsonObject { ["key"] = key, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = 300 });
        }
        return default;
    }

    private static bool Tolerates(JsonObject toleration, string key) =>
        (string.IsNullOrEmpty(toleration.Text("key")) || toleration.Text("key") == key) && (string.IsNullOrEmpty(toleration.Text("effect")) || toleration.Text("effect") == "NoExecute");
}

/// <summary>TaintNodesByCondition: a new node is not ready until something says it is.</summary>
internal sealed class TaintNodesByCondition : AdmissionPlugin
{
    public override string Name => "TaintNodesByCondition";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        if (!review.Is("nodes") || review is not { Operation: AdmissionOperation.Create, Object: { } node }) return default;
        const string Key = "node.kubernetes.io/not-ready";
        if (node.Objects("spec", "taints").Any(t => t.Text("key") == Key && t.Text("effect") == "NoSchedule")) return default;
        var taints = node.List("spec", "taints");
        if (taints is null) node.Ensure("spec")["taints"] = taints = [];
        taints.Add((JsonNode)new JsonObject { ["key"] = Key, ["effect"] = "NoSchedule" });
        return default;
    }
}
