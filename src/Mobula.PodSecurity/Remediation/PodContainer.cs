using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Remediation;

/// <summary>A container of a pod and its place; or the pod itself, whose securityContext has the same fields.</summary>
internal sealed record PodContainer(FieldPath At, JsonObject Node, bool IsPod)
{
    private static readonly string[] Lists = ["initContainers", "containers", "ephemeralContainers"];

    public string? Name => IsPod ? null : Node.Text("name") ?? "";

    public JsonObject? Context => Node.Object("securityContext");

    public FieldPath ContextAt => At.Then("securityContext");

    public static PodContainer PodOf(JsonObject pod) => new(FieldPath.Root.Then("spec"), pod.Object("spec") ?? [], true);

    public static IEnumerable<PodContainer> Of(JsonObject pod)
    {
        foreach (var list in Lists)
        {
            if (pod.List("spec", list) is not { } containers) continue;
            for (var i = 0; i < containers.Count; i++)
            {
                if (containers[i] is JsonObject container) yield return new(FieldPath.Root.Then("spec", list).Then(i), container, false);
            }
        }
    }
}
