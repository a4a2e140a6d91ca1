using System.Text.Json.Nodes;
using Mobula.Client;

namespace Mobula.Node.Pods;

/// <summary>Events about pods and their containers.</summary>
internal sealed class PodEvents(EventRecorder recorder)
{
    public void Normal(JsonObject pod, ContainerSpec? container, string reason, string message) => Record(pod, container, "Normal", reason, message);

    public void Warning(JsonObject pod, ContainerSpec? container, string reason, string message) => Record(pod, container, "Warning", reason, message);

    private void Record(JsonObject pod, ContainerSpec? container, string type, string reason, string message)
    {
        var reference = SignificantEvent.Reference(pod, container?.FieldPath);
        reference["kind"] = "Pod";
        reference["apiVersion"] = "v1";
        recorder.Record(new(reference, type, reason, message));
    }
}
