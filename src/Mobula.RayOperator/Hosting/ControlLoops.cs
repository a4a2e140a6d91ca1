using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Hosting;

/// <summary>How changes of objects become work.</summary>
internal static class ControlLoops
{
    /// <summary>Reconciles the objects of a resource when they are new, gone, or changed in spec, labels, annotations or deletion.</summary>
    public static ControlLoop WatchChanges(this ControlLoop loop, WatchedResource resource)
    {
        foreach (var informer in resource.Informers)
        {
            loop.Watch(informer, (old, now) => old is not null && now is not null && !Changed(old, now) ? [] : [ObjectKey.Of((now ?? old)!)]);
        }
        return loop;
    }

    /// <summary>Reconciles the objects of a resource whenever they change at all, also in status.</summary>
    public static ControlLoop WatchAll(this ControlLoop loop, WatchedResource resource)
    {
        foreach (var informer in resource.Informers) loop.Watch(informer);
        return loop;
    }

    /// <summary>Reconciles the owner of what changed.</summary>
    public static ControlLoop WatchOwned(this ControlLoop loop, WatchedResource resource, string ownerKind)
    {
        foreach (var informer in resource.Informers)
        {
            loop.Watch(informer, (old, now) => new[] { Owner(old, ownerKind), Owner(now, ownerKind) }.OfType<ObjectKey>().Distinct());
        }
        return loop;
    }

    /// <summary>Waits for a resource without reconciling on its changes.</summary>
    public static ControlLoop Reads(this ControlLoop loop, WatchedResource resource)
    {
        foreach (var informer in resource.Informers) loop.Reads(informer);
        return loop;
    }

    private static ObjectKey? Owner(JsonObject? o, string kind) =>
        o?.ControllerReference is { } owner && owner.Text("kind") == kind && (owner.Text("apiVersion") ?? "").StartsWith("ray.io/", StringComparison.Ordinal)
            ? new ObjectKey(o.Namespace, owner.Text("name") ?? "")
            : null;

    private static bool Changed(JsonObject old, JsonObject now) =>
        old.Generation != now.Generation
        || old.IsTerminating != now.IsTerminating
        || old.Uid != now.Uid
        || !JsonNode.DeepEquals(old.Object("metadata", "labels"), now.Object("metadata", "labels"))
        || !JsonNode.DeepEquals(old.Object("metadata", "annotations"), now.Object("metadata", "annotations"));
}
