using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>Pods: a deletion waits for the node, and the spec hardly changes.</summary>
internal sealed class PodStrategy : ResourceStrategy
{
    private static readonly Dictionary<string, Func<JsonObject, string>> Fields = new()
    {
        ["spec.nodeName"] = o => o.Text("spec", "nodeName") ?? "",
        ["spec.restartPolicy"] = o => o.Text("spec", "restartPolicy") ?? "",
        ["spec.schedulerName"] = o => o.Text("spec", "schedulerName") ?? "",
        ["spec.serviceAccountName"] = o => o.Text("spec", "serviceAccountName") ?? "",
        ["spec.hostNetwork"] = o => o.Flag("spec", "hostNetwork") == true ? "true" : "false",
        ["status.phase"] = o => o.Text("status", "phase") ?? "",
        ["status.podIP"] = o => o.Text("status", "podIP") ?? "",
        ["status.nominatedNodeName"] = o => o.Text("status", "nominatedNodeName") ?? "",
    };

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields => Fields;

    public override bool HasOwnFieldLabels => true;

    public override bool HasGeneration => true;

    public override bool ReturnsDeletedObject => true;

    public override void PrepareForCreate(JsonObject o, WriteContext context)
    {
        o["status"] = new JsonObject { ["phase"] = "Pending" };
    }

    public override long? GracePeriodSeconds(JsonObject o, long? asked)
    {
        var period = asked ?? o.Integer("spec", "terminationGracePeriodSeconds") ?? 0;
        if (period < 0) period = 1;
        // A pod that no node has, or that ended, needs no time.
        if (string.IsNullOrEmpty(o.Text("spec", "nodeName"))) return 0;
        return o.Text("status", "phase") is "Failed" or "Succeeded" ? 0 : period;
    }
}
