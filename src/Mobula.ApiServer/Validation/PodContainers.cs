using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Validation;

/// <summary>The containers of a pod with their places.</summary>
internal static class PodContainers
{
    private static readonly string[] Lists = ["initContainers", "containers", "ephemeralContainers"];

    public static IEnumerable<(JsonObject Container, FieldPath Path)> All(JsonObject spec, FieldPath specPath) =>
        Lists.SelectMany(list => spec.Objects(list).Index().Select(c => (c.Item, specPath.Child(list).Index(c.Index))));
}
