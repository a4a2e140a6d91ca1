using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Workloads;

/// <summary>Finds the controllers that a change of an object concerns.</summary>
internal static class PodOwners
{
    /// <summary>
    /// The controllers of one kind that own the object, that owned it before, or that might adopt it because nobody owns it.
    /// </summary>
    public static IEnumerable<ObjectKey> Concerned(
        JsonObject? old, JsonObject? now, string kind, Informer controllers, Func<JsonObject, JsonObject, bool> selects)
    {
        var keys = new HashSet<ObjectKey>();
        foreach (var o in (ReadOnlySpan<JsonObject?>)[old, now])
        {
            if (o?.ControllerReference is { } reference && reference.Text("kind") == kind && controllers.Resource.Group == Group(reference))
            {
                keys.Add(new(o.Namespace, reference.Text("name") ?? ""));
            }
        }
        if (now is { ControllerReference: null, IsTerminating: false, Namespace: { } ns })
        {
            foreach (var controller in controllers.Cache.InNamespace(ns))
            {
                if (selects(controller, now)) keys.Add(ObjectKey.Of(controller));
            }
        }
        return keys;
    }

    private static string Group(JsonObject reference) => GroupVersionKind.Parse(reference.Text("apiVersion") ?? "", "").Group;
}
