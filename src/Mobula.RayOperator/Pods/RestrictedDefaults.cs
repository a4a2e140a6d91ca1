using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Pods;

/// <summary>
/// Makes a pod comply with the <em>restricted</em> Pod Security Standard as far as the user said nothing: what a container
/// or its pod sets, to whatever value, stays.
/// </summary>
internal static class RestrictedDefaults
{
    private static readonly string[] ContainerLists = ["initContainers", "containers"];

    /// <summary>Fills in the security contexts of a pod's containers.</summary>
    /// <param name="podSpec">The <c>spec</c> of a pod or pod template; it is changed.</param>
    public static void Apply(JsonObject podSpec)
    {
        // Linux' controls mean nothing on Windows, and the API refuses some of them there.
        if (podSpec.Text("os", "name") == "windows") return;
        foreach (var list in ContainerLists)
        {
            foreach (var container in podSpec.Objects(list)) Apply(container, podSpec.Object("securityContext"));
        }
    }

    private static void Apply(JsonObject container, JsonObject? podContext)
    {
        var context = container.Object("securityContext")?.Clone() ?? [];
        // A privileged container was asked for in so many words; the API refuses it with allowPrivilegeEscalation=false.
        if (context.Flag("privileged") == true) return;
        if (context["allowPrivilegeEscalation"] is null && !AddsSysAdmin(context)) context["allowPrivilegeEscalation"] = false;
        if (context.At("capabilities", "drop") is null) context.Ensure("capabilities")["drop"] = new JsonArray("ALL");
        if (context["runAsNonRoot"] is null && podContext?["runAsNonRoot"] is null && !RunsAsRoot(context, podContext)) context["runAsNonRoot"] = true;
        if (context["seccompProfile"] is null && podContext?["seccompProfile"] is null)
        {
            context["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" };
        }
        container["securityContext"] = context;
    }

    private static bool AddsSysAdmin(JsonObject context) => context.Texts("capabilities", "add").Any(c => c is "SYS_ADMIN" or "CAP_SYS_ADMIN");

    private static bool RunsAsRoot(JsonObject context, JsonObject? podContext) =>
        (context.Integer("runAsUser") ?? podContext?.Integer("runAsUser")) == 0;
}
