using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Tests.Replay;

/// <summary>
/// Compares an object as the operator sends it with the same object as the API server stored it: what the server adds by
/// default may be missing, everything else must be equal.
/// </summary>
internal static class StoredForm
{
    private static readonly Dictionary<string, string[]> Defaults = new()
    {
        ["terminationMessagePath"] = ["\"/dev/termination-log\""],
        ["terminationMessagePolicy"] = ["\"File\""],
        ["imagePullPolicy"] = ["\"IfNotPresent\"", "\"Always\""],
        ["restartPolicy"] = ["\"Always\""],
        ["terminationGracePeriodSeconds"] = ["30"],
        ["dnsPolicy"] = ["\"ClusterFirst\""],
        ["serviceAccountName"] = ["\"default\""],
        ["schedulerName"] = ["\"default-scheduler\""],
        ["securityContext"] = ["{}"],
        ["resources"] = ["{}"],
        ["priority"] = ["0"],
        ["enableServiceLinks"] = ["true"],
        ["preemptionPolicy"] = ["\"PreemptLowerPriority\""],
        ["protocol"] = ["\"TCP\""],
        ["defaultMode"] = ["420"],
        ["apiVersion"] = ["\"v1\""],
        ["scheme"] = ["\"HTTP\""],
        ["expirationSeconds"] = ["3600"],
        ["divisor"] = ["\"0\""],
        ["nodeName"] = ["\"fake-node\""],
        ["sessionAffinity"] = ["\"None\""],
        ["internalTrafficPolicy"] = ["\"Cluster\""],
        ["externalTrafficPolicy"] = ["\"Cluster\""],
        ["ipFamilyPolicy"] = ["\"SingleStack\""],
        ["ipFamilies"] = ["[\"IPv4\"]"],
        ["type"] = ["\"ClusterIP\"", "\"\""],
        ["allocateLoadBalancerNodePorts"] = ["true"],
        ["clusterIPs"] = ["[\"None\"]", "[\"<ip>\"]"],
        ["clusterIP"] = ["\"<ip>\""],
        ["nodePort"] = ["\"<port>\""],
        ["parallelism"] = ["1"],
        ["completions"] = ["1"],
        ["completionMode"] = ["\"NonIndexed\""],
        ["suspend"] = ["false"],
        ["manualSelector"] = ["false"],
        ["podReplacementPolicy"] = ["\"TerminatingOrFailed\""],
        ["volumeMode"] = ["\"Filesystem\""],
    };

    private static readonly HashSet<string> OfTheServer =
        ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "tolerations", "serviceAccount", "status", "selfLink"];

    private const string WithoutIt = "stored without it";

    private static readonly HashSet<string> Quantities = ["cpu", "memory", "sizeLimit", "storage", "ephemeral-storage"];

    /// <summary>The differences, a line each; none when the objects are equal.</summary>
    /// <param name="sent">As the operator sends it.</param>
    /// <param name="stored">As the API server stored it.</param>
    /// <param name="partial">Whether fields were left out of the recording; what is absent there is then not compared.</param>
    public static List<string> Differences(JsonObject sent, JsonObject stored, bool partial = false)
    {
        var differences = new List<string>();
        Compare(sent, stored, "", differences);
        return partial ? [.. differences.Where(d => !d.EndsWith(WithoutIt, StringComparison.Ordinal))] : differences;
    }

    private static void Compare(JsonNode? sent, JsonNode? stored, string path, List<string> differences)
    {
        switch (sent, stored)
        {
            case (JsonObject a, JsonObject b):
                CompareObjects(a, b, path, differences);
                break;
            case (JsonArray a, JsonArray b):
                var (left, right) = (a.ToArray(), b.Where(i => !IsTokenVolume(i)).ToArray());
                if (left.Length != right.Length) differences.Add($"{path}: {left.Length} items, stored {right.Length}: {Text(sent)} / {Text(stored)}");
                for (var i = 0; i < Math.Min(left.Length, right.Length); i++) Compare(left[i], right[i], $"{path}[{i}]", differences);
                break;
            default:
                if (Text(sent) != Text(stored) && !SameQuantity(path, sent, stored)) differences.Add($"{path}: {Text(sent)}, stored {Text(stored)}");
                break;
        }
    }

    private static void CompareObjects(JsonObject sent, JsonObject stored, string path, List<string> differences)
    {
        foreach (var (key, value) in sent)
        {
            if (OfTheServer.Contains(key) || value is null) continue;
            if (stored.ContainsKey(key)) Compare(value, stored[key], $"{path}.{key}", differences);
            else if (!IsZero(value) && !(path.Length == 0 && key is "kind" or "apiVersion")) differences.Add($"{path}.{key}: {Text(value)}, {WithoutIt}");
        }
        foreach (var (key, value) in stored)
        {
            if (sent[key] is not null || OfTheServer.Contains(key)) continue;
            if (key is "name" && path.EndsWith("metadata", StringComparison.Ordinal)) continue;
            if (key is "targetPort" && Text(value) == Text(stored["port"])) continue;
            if (key is "selector" && path == ".spec" && stored["template"] is not null) continue;
            if (key is "requests" && path.EndsWith(".resources", StringComparison.Ordinal)) continue;
            if (path.EndsWith(".requests", StringComparison.Ordinal)) continue;
            if (path == "" && key is "kind" or "apiVersion") continue;
            if (value is JsonArray list && list.All(IsTokenVolume)) continue;
            if (Defaults.TryGetValue(key, out var values) && values.Contains(Text(value))) continue;
            differences.Add($"{path}.{key}: absent, stored {Text(value)}");
        }
    }

    private static bool IsTokenVolume(JsonNode? item) => (item as JsonObject)?.Text("name") == "<name:kube-api-access->";

    private static bool IsZero(JsonNode value) => value switch
    {
        JsonObject o => o.Count == 0,
        JsonArray a => a.Count == 0,
        _ => Text(value) is "\"\"" or "0" or "false",
    };

    private static bool SameQuantity(string path, JsonNode? a, JsonNode? b) =>
        (Quantities.Contains(path[(path.LastIndexOf('.') + 1)..]) || path.Contains(".limits.", StringComparison.Ordinal) || path.Contains(".requests.", StringComparison.Ordinal))
        && ResourceNames.Read(a) is { } x && ResourceNames.Read(b) is { } y && x == y;

    private static string Text(JsonNode? node) => node?.ToJsonString(Relaxed) ?? "null";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
