using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Quotas;

namespace Mobula.ApiServer.Admission;

/// <summary>LimitRanger: gives containers the requests and limits of their namespace, and refuses pods and claims beyond its bounds.</summary>
internal sealed class LimitRanger(ObjectStore store) : AdmissionPlugin
{
    private const string Annotation = "kubernetes.io/limit-ranger";

    public override string Name => "LimitRanger";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        if (!review.Is("pods") || review is not { Operation: AdmissionOperation.Create, Object: { } pod }) return default;
        foreach (var range in Ranges(review)) Fill(pod, range);
        return default;
    }

    public override ValueTask ValidateAsync(AdmissionReview review)
    {
        if (review.Object is not { } o) return default;
        Func<JsonObject, List<string>>? check = null;
        // What limits look at does not change in a pod.
        if (review.Is("pods") && review.Operation == AdmissionOperation.Create) check = range => Pod(o, range);
        else if (review.Is("persistentvolumeclaims") && review.Operation is AdmissionOperation.Create or AdmissionOperation.Update) check = range => Claim(o, range);
        if (check is null) return default;
        foreach (var range in Ranges(review))
        {
            var problems = check(range).Distinct().ToList();
            if (problems.Count > 0) throw StatusException.Forbidden(review.Definition.Resource, review.Name, problems.Count == 1 ? problems[0] : $"[{string.Join(", ", problems)}]");
        }
        return default;
    }

    private IEnumerable<JsonObject> Ranges(AdmissionReview review) =>
        store.List("limitranges").Objects.Values.Where(r => r.Key.Namespace == review.Namespace).OrderBy(r => r.Key.Name, StringComparer.Ordinal).Select(r => r.Parse());

    private static void Fill(JsonObject pod, JsonObject range)
    {
        var requests = Defaults(range, "defaultRequest");
        var limits = Defaults(range, "default");
        var told = new List<string>();
        foreach (var (list, what) in new[] { ("containers", "container"), ("initContainers", "init container") })
        {
            foreach (var container in pod.Objects("spec", list))
            {
                Tell("request", Merge(container, "requests", requests));
                Tell("limit", Merge(container, "limits", limits));

                void Tell(string kind, List<string> set)
                {
                    if (set.Count > 0) told.Add($"{string.Join(", ", set)} {kind} for {what} {container.Text("name")}");
                }
            }
        }
        if (told.Count > 0) pod.Ensure("metadata", "annotations")[Annotation] = $"LimitRanger plugin set: {string.Join("; ", told)}";
    }

    private static SortedDictionary<string, JsonNode> Defaults(JsonObject range, string field)
    {
        var defaults = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (name, amount) in range.Objects("spec", "limits").Where(l => l.Text("type") == "Container").SelectMany(l => l.Object(field) ?? []))
        {
            if (amount is not null) defaults[name] = amount;
        }
        return defaults;
    }

    private static List<string> Merge(JsonObject container, string list, SortedDictionary<string, JsonNode> defaults)
    {
        var set = new List<string>();
        foreach (var (name, amount) in defaults)
        {
            if (container.At("resources", list, name) is not null) continue;
            container.Ensure("resources", list)[name] = amount.DeepClone();
            set.Add(name);
        }
        return set;
    }

    private static List<string> Pod(JsonObject pod, JsonObject range)
    {
        var problems = new List<string>();
        foreach (var limit in range.Objects("spec", "limits"))
        {
            switch (limit.Text("type"))
            {
                case "Container":
                    foreach (var container in pod.Objects("spec", "containers").Concat(pod.Objects("spec", "initContainers")))
                    {
                        var requests = ResourceUsage.Read(container.Object("resources", "requests")).ToDictionary(r => r.Resource, r => r.Amount);
                        Check(limit, requests, ResourceUsage.Read(container.Object("resources", "limits")).ToDictionary(r => r.Resource, r => r.Amount), problems);
                    }
                    break;
                case "Pod":
                    Check(limit, PodUsage.Requests(pod), PodUsage.Limits(pod), problems);
                    break;
            }
        }
        return problems;
    }

    private static List<string> Claim(JsonObject claim, JsonObject range)
    {
        var problems = new List<string>();
        var requests = ResourceUsage.Read(claim.Object("spec", "resources", "requests")).ToDictionary(r => r.Resource, r => r.Amount);
        foreach (var limit in range.Objects("spec", "limits").Where(l => l.Text("type") == "PersistentVolumeClaim"))
        {
            Least(limit, requests, [], problems);
            foreach (var (name, most) in Sorted(limit, "max"))
            {
                var bound = $"maximum {name} usage per PersistentVolumeClaim is {most}";
                if (!requests.TryGetValue(name, out var request)) problems.Add($"{bound}.  No request is specified");
                else if (request > most) problems.Add($"{bound}, but request is {request}");
            }
        }
        return problems;
    }

    private static void Check(JsonObject limit, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits, List<string> problems)
    {
        var type = limit.Text("type");
        Least(limit, requests, limits, problems);
        foreach (var (name, most) in Sorted(limit, "max"))
        {
            var bound = $"maximum {name} usage per {type} is {most}";
            if (!limits.TryGetValue(name, out var upper)) problems.Add($"{bound}.  No limit is specified");
            else if (upper > most) problems.Add($"{bound}, but limit is {upper}");
            else if (requests.TryGetValue(name, out var request) && request > most) problems.Add($"{bound}, but request is {request}");
        }
        foreach (var (name, ratio) in Sorted(limit, "maxLimitRequestRatio"))
        {
            var bound = $"{name} max limit to request ratio per {type} is {ratio}";
            if (!requests.TryGetValue(name, out var request) || request.Sign == 0) problems.Add($"{bound}, but no request is specified or request is 0");
            else if (!limits.TryGetValue(name, out var upper) || upper.Sign == 0) problems.Add($"{bound}, but no limit is specified or limit is 0");
            else if (upper.ToDouble() / request.ToDouble() is var actual && actual > ratio.ToDouble()) problems.Add(string.Create(CultureInfo.InvariantCulture, $"{bound}, but provided ratio is {actual:F6}"));
        }
    }

    private static void Least(JsonObject limit, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits, List<string> problems)
    {
        foreach (var (name, least) in Sorted(limit, "min"))
        {
            var bound = $"minimum {name} usage per {limit.Text("type")} is {least}";
            if (!requests.TryGetValue(name, out var request)) problems.Add($"{bound}.  No request is specified");
            else if (request < least) problems.Add($"{bound}, but request is {request}");
            else if (limits.TryGetValue(name, out var upper) && upper < least) problems.Add($"{bound}, but limit is {upper}");
        }
    }

    private static IOrderedEnumerable<(string Resource, Quantity Amount)> Sorted(JsonObject limit, string field) =>
        ResourceUsage.Read(limit.Object(field)).OrderBy(a => a.Resource, StringComparer.Ordinal);
}
