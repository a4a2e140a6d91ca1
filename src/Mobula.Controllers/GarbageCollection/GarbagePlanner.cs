using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.GarbageCollection;

/// <summary>Decides what becomes of a dependent.</summary>
internal static class GarbagePlanner
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    /// <summary>From the states of the owners, in the order of the references.</summary>
    public static GarbageAction Decide(JsonObject dependent, IReadOnlyCollection<OwnerState> owners, bool hasDependents)
    {
        if (owners.Count == 0) return GarbageAction.Keep;
        if (owners.Contains(OwnerState.Solid)) return owners.All(o => o == OwnerState.Solid) ? GarbageAction.Keep : GarbageAction.DropReferences;
        if (dependent.IsTerminating) return GarbageAction.Keep;
        if (owners.Contains(OwnerState.WaitsForDependents) && hasDependents) return GarbageAction.DeleteForeground;
        var finalizers = dependent.Texts("metadata", "finalizers").ToArray();
        return finalizers.Contains(OrphanFinalizer) ? GarbageAction.DeleteOrphan
            : finalizers.Contains(ForegroundFinalizer) ? GarbageAction.DeleteForeground
            : GarbageAction.DeleteBackground;
    }

    /// <summary>Whether an object is being deleted and carries a finalizer.</summary>
    public static bool Waits(JsonObject o, string finalizer) => o.IsTerminating && o.Texts("metadata", "finalizers").Contains(finalizer);

    /// <summary>Whether a dependent holds its owner back.</summary>
    public static bool Blocks(JsonObject dependent, string ownerUid) =>
        dependent.Objects("metadata", "ownerReferences").Any(r => r.Text("uid") == ownerUid && r.Flag("blockOwnerDeletion") == true);

    /// <summary>The merge patch that leaves only some references; it holds for this version of the object only.</summary>
    public static JsonObject KeepReferences(JsonObject o, Func<JsonObject, bool> keep)
    {
        var kept = o.Objects("metadata", "ownerReferences").Where(keep).Select(r => r.DeepClone()).ToArray();
        return new()
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = o.ResourceVersion,
                ["uid"] = o.Uid,
                ["ownerReferences"] = kept.Length == 0 ? null : new JsonArray(kept),
            },
        };
    }

    /// <summary>The merge patch that takes a finalizer away.</summary>
    public static JsonObject DropFinalizer(JsonObject o, string finalizer) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["resourceVersion"] = o.ResourceVersion,
            ["finalizers"] = new JsonArray([.. o.Texts("metadata", "finalizers").Where(f => f != finalizer).Select(f => JsonValue.Create(f))]),
        },
    };
}
