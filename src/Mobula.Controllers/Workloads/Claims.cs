using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Workloads;

/// <summary>Which of the objects that a controller might own it owns, should adopt, and should release.</summary>
/// <param name="Owned">Those it owns and selects.</param>
/// <param name="Adopt">Those that nobody owns, and that it selects.</param>
/// <param name="Release">Those it owns, but that no longer match.</param>
internal sealed record Claims(IReadOnlyList<JsonObject> Owned, IReadOnlyList<JsonObject> Adopt, IReadOnlyList<JsonObject> Release)
{
    /// <summary>Decides for each candidate. A controller that is being deleted adopts and releases nothing.</summary>
    public static Claims Decide(JsonObject controller, Func<JsonObject, bool> selects, IEnumerable<JsonObject> candidates)
    {
        List<JsonObject> owned = [], adopt = [], release = [];
        foreach (var candidate in candidates)
        {
            var matches = selects(candidate);
            if (candidate.ControllerReference is { } reference)
            {
                if (reference.Text("uid") != controller.Uid) continue;
                if (matches) owned.Add(candidate);
                else if (!controller.IsTerminating) release.Add(candidate);
            }
            else if (matches && !controller.IsTerminating && !candidate.IsTerminating)
            {
                adopt.Add(candidate);
            }
        }
        return new(owned, adopt, release);
    }

    /// <summary>The reference by which a controller owns.</summary>
    public static JsonObject Reference(JsonObject controller) => new()
    {
        ["apiVersion"] = controller.ApiVersion,
        ["kind"] = controller.Kind,
        ["name"] = controller.Name,
        ["uid"] = controller.Uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    /// <summary>The strategic merge patch that adopts an object.</summary>
    public static JsonObject AdoptPatch(JsonObject controller, JsonObject o) => new()
    {
        ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray(Reference(controller)), ["uid"] = o.Uid },
    };

    /// <summary>The strategic merge patch that releases an object.</summary>
    public static JsonObject ReleasePatch(JsonObject controller, JsonObject o) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["ownerReferences"] = new JsonArray(new JsonObject { ["$patch"] = "delete", ["uid"] = controller.Uid }),
            ["uid"] = o.Uid,
        },
    };
}
