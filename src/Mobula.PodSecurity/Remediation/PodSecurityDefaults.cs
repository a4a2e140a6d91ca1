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
    public static bool AreOnFor(JsonObject resource) => resource.Annotation(Annotation) != "false";

    /// <summary>Sets the defaults in a pod's spec.</summary>
    public static void Apply(JsonObject podSpec)
    {
        var isWindows = podSpec.Text("os", "name") == "windows";
        foreach (var container in ContainerLists.SelectMany(list => podSpec.Objects(list)))
        {
            var context = container.Ensure("securityContext");
            if (!isWindows)
            {
                // The API server refuses these two together with allowPrivilegeEscalation false.
                var needsEscalation = context.Flag("privileged") == true || context.Texts("capabilities", "add").Any(c => c is "CAP_SYS_ADMIN" or "SYS_ADMIN");
                if (context["allowPrivilegeEscalation"] is null && !needsEscalation) context["allowPrivilegeEscalation"] = false;
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
