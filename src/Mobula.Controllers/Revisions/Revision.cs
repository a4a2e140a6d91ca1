using System.Text;
using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Revisions;

/// <summary>ControllerRevisions: the templates that a StatefulSet or a DaemonSet has had, as patches of its spec.</summary>
internal static class Revision
{
    /// <summary>The label of StatefulSets' revisions.</summary>
    public const string HashLabel = "controller.kubernetes.io/hash";

    /// <summary>The label of pods and of DaemonSets' revisions.</summary>
    public const string PodHashLabel = "controller-revision-hash";
    private const int LongestPrefix = 223;

    /// <summary>The patch that gives a controller its present template.</summary>
    public static JsonObject Data(JsonObject controller)
    {
        var template = controller.Object("spec", "template")?.Clone() ?? [];
        template["$patch"] = "replace";
        return new() { ["spec"] = new JsonObject { ["template"] = Sorted(template) } };
    }

    /// <summary>The template that a revision holds.</summary>
    public static JsonObject Template(JsonObject revision)
    {
        var template = revision.Object("data", "spec", "template")?.Clone() ?? [];
        template.Remove("$patch");
        return template;
    }

    public static long Number(JsonObject revision) => revision.Integer("revision") ?? 0;

    /// <summary>A StatefulSet's next revision; its name comes from its data.</summary>
    public static JsonObject Make(JsonObject controller, long number, long collisionCount)
    {
        var data = Data(controller);
        var hash = TemplateHash.OfRevision(Bytes(data), collisionCount);
        return Make(controller, $"{Prefix(controller.Name)}-{hash}", HashLabel, hash, data, number);
    }

    /// <summary>A DaemonSet's next revision; its name comes from its template.</summary>
    public static JsonObject MakeFromTemplate(JsonObject controller, long number, long? collisionCount)
    {
        var hash = TemplateHash.Compute(controller.Object("spec", "template") ?? [], collisionCount);
        return Make(controller, $"{controller.Name}-{hash}", PodHashLabel, hash, Data(controller), number);
    }

    private static JsonObject Make(JsonObject controller, string name, string label, string hash, JsonObject data, long number)
    {
        var labels = controller.Object("spec", "template", "metadata", "labels")?.Clone() ?? [];
        labels[label] = hash;
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = controller.Namespace,
            ["labels"] = labels,
            ["ownerReferences"] = new JsonArray(Claims.Reference(controller)),
        };
        if (controller.Object("metadata", "annotations") is { Count: > 0 } annotations) metadata["annotations"] = annotations.Clone();
        return new() { ["apiVersion"] = "apps/v1", ["kind"] = "ControllerRevision", ["metadata"] = metadata, ["data"] = data, ["revision"] = number };
    }

    private static string Prefix(string name) => name.Length > LongestPrefix ? name[..LongestPrefix] : name;

    /// <summary>The data as Go writes maps: keys in order, and no character that HTML would take for its own.</summary>
    private static byte[] Bytes(JsonObject data) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(data.ToUtf8())
        .Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal).Replace("&", "\\u0026", StringComparison.Ordinal));

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
