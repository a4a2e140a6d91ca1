using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>
/// The requests and limits in force for each instance of a container: those it was made with, which the runtime keeps as an
/// annotation, or those it was resized to since, which a file keeps.
/// </summary>
internal sealed class AppliedResources(NodeSettings node)
{
    private readonly ConcurrentDictionary<string, JsonObject?> _resized = [];

    /// <summary>What is in force; null where nobody knows: a container of an older agent, which never resized.</summary>
    public JsonObject? Of(string podUid, ContainerInstance instance) =>
        _resized.GetOrAdd(instance.Id, static (_, f) => Read(f), FilePath(podUid, instance)) ?? instance.Resources;

    /// <summary>Remembers a resize, over restarts of the agent too.</summary>
    /// <exception cref="IOException">It cannot be kept.</exception>
    public void Set(string podUid, ContainerInstance instance, JsonObject resources)
    {
        var file = FilePath(podUid, instance);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file + ".new", resources.ToUtf8());
        File.Move(file + ".new", file, overwrite: true);
        _resized[instance.Id] = resources.Clone();
    }

    /// <summary>The pod with what is in force in the place of what is asked for; the pod itself when that is the same.</summary>
    public JsonObject InForce(JsonObject pod, PodRuntime runtime)
    {
        JsonObject? changed = null;
        foreach (var (container, instance) in PodResize.Resizable(pod, runtime))
        {
            if (Of(pod.Uid, instance) is not { } applied || PodResize.Same(applied, container.Json.Object("resources"))) continue;
            changed ??= pod.Clone();
            var list = container.Kind == ContainerKind.Init ? "initContainers" : "containers";
            changed.Objects("spec", list).First(c => c.Text("name") == container.Name)["resources"] = applied.Clone();
        }
        return changed ?? pod;
    }

    private string FilePath(string podUid, ContainerInstance instance) => Path.Combine(node.PodDirectory(podUid), "containers", instance.Name, $"resources-{instance.Id}.json");

    private static JsonObject? Read(string file) => File.Exists(file) ? JsonNode.Parse(File.ReadAllBytes(file)) as JsonObject : null;
}
