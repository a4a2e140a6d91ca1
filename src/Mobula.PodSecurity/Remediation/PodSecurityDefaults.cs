using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Remediation;

/// <summary>
/// What Mobula's operator sets in the pods it makes where the user says nothing, so that they run under <c>restricted</c>.
/// What the user says explicitly always wins.
/// </summary>
public static class PodSecurityDefaults
{
    /// <summary>With the value <c>"false"</c> on a Ray resource, its pods stay as the user wrote them.</summary>
    public const string Annotation = "mobula.dev/pod-security-defaults";

    private static readonly string[] ContainerLists = ["initContainers", "containers"];

    /// <summary>Whether the resource wants the defaults.</summary>
    public static bool AreOnFor(JsonObject resource) => !string.Equals(resource.Annotation(Annotation), "false", StringComparison.OrdinalIgnoreCase);

    /// <summary>Sets the defaults in a pod's spec.</summary>
    public static void Apply(JsonObject podSpec)
    {
        var isWindows = podSpec.Text("os", "name") == "windows";
        foreach (var container in ContainerLists.SelectMany(list => podSpec.Objects(list)))
        {
            // A privileged container was asked for in so many words; nothing that is set beside it would hold.
            if (container.Flag("securityContext", "privileged") == true) continue;
            var context = container.Ensure("securityContext");
            if (!isWindows)
            {
                if (context["allowPrivilegeEscalation"] is null && !HardeningFindings.NeedsEscalation(context)) context["allowPrivilegeEscalation"] = false;
                if (context.At("capabilities", "drop") is null) context.Ensure("capabilities")["drop"] = new JsonArray("ALL");
                if (context["seccompProfile"] is null && podSpec.At("securityContext", "seccompProfile") is null)
                {
                    context["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" };
                }
            }
            var user = context.Integer("runAsUser") ?? podSpec.Integer("securityContext", "runAsUser");
            if (context["runAsNonRoot"] is null && podSpec.At("securityContext", "runAsNonRoot") is null && user != 0) context["runAsNonRoot"] = true;
        }
    }
}
