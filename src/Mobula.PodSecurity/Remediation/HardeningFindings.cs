using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Evaluation;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Remediation;

/// <summary>The checks of what a pod must say, which a program does not notice unless it does what the standards forbid.</summary>
internal static class HardeningFindings
{
    private const string WindowsAdvice = "a Windows pod cannot set this; judge it by v1.25 or newer, where the standards exempt it";

    public static bool TryAdd(CheckReport report, JsonObject pod, CheckVariant variant, Func<FieldPath, bool> isShared)
    {
        switch (report.CheckId)
        {
            case "allowPrivilegeEscalation":
                AddPrivilegeEscalation(report, pod);
                return true;
            case "capabilities_restricted":
                AddDrops(report, pod);
                HostAccessFindings.AddCapabilities(report, pod, static c => Checks.CapabilitiesRestricted.Allows(c));
                return true;
            case "runAsNonRoot":
                AddRunAsNonRoot(report, pod, isShared);
                return true;
            case "seccompProfile_baseline" when (variant.ViolatedBy & PodTraits.SeccompType) != 0:
            case "seccompProfile_restricted":
                AddSeccomp(report, pod, isShared);
                return true;
            case "appArmorProfile":
                AddProfiles(report, pod, "appArmorProfile");
                AddAnnotations(report, pod, "container.apparmor.security.beta.kubernetes.io/", v => v is "" or "runtime/default" || v.StartsWith("localhost/", StringComparison.Ordinal));
                return true;
            case "seccompProfile_baseline":
                static bool Allowed(string v) => v is "runtime/default" or "docker/default" || v.StartsWith("localhost/", StringComparison.Ordinal);
                AddAnnotations(report, pod, "seccomp.security.alpha.kubernetes.io/pod", Allowed);
                foreach (var container in PodContainer.Of(pod)) AddAnnotations(report, pod, $"container.seccomp.security.alpha.kubernetes.io/{container.Name}", Allowed);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether the API server refuses <c>allowPrivilegeEscalation: false</c> beside what the container asks for.</summary>
    internal static bool NeedsEscalation(JsonObject? context) =>
        context?.Flag("privileged") == true || context?.Texts("capabilities", "add").Any(c => c is "CAP_SYS_ADMIN" or "SYS_ADMIN") == true;

    private static bool IsWindows(JsonObject pod) => pod.Text("spec", "os", "name") == "windows";

    private static void AddPrivilegeEscalation(CheckReport report, JsonObject pod)
    {
        foreach (var container in PodContainer.Of(pod))
        {
            if (container.Context?.Flag("allowPrivilegeEscalation") == false) continue;
            var at = container.ContextAt.Then("allowPrivilegeEscalation");
            if (IsWindows(pod)) report.Tell(container.Name, at, WindowsAdvice);
            else if (NeedsEscalation(container.Context)) report.Tell(container.Name, at, "goes with privileged or SYS_ADMIN; take that away first");
            else report.Fix(container, at, JsonValue.Create(false), "write  securityContext.allowPrivilegeEscalation: false");
        }
    }

    private static void AddDrops(CheckReport report, JsonObject pod)
    {
        foreach (var container in PodContainer.Of(pod))
        {
            var drop = container.Context?.List("capabilities", "drop");
            if (drop?.OfType<JsonValue>().Any(c => c.TryGetValue(out string? name) && name == "ALL") == true) continue;
            var at = container.ContextAt.Then("capabilities", "drop");
            const string advice = "write  securityContext.capabilities.drop: [\"ALL\"]";
            if (IsWindows(pod)) report.Tell(container.Name, at, WindowsAdvice);
            else if (drop is { Count: > 0 }) report.Fix(container, at.Then(drop.Count), JsonValue.Create("ALL"), advice);
            else report.Fix(container, at, new JsonArray("ALL"), advice);
        }
    }

    private static void AddRunAsNonRoot(CheckReport report, JsonObject pod, Func<FieldPath, bool> isShared)
    {
        const string advice = "write  securityContext.runAsNonRoot: true";
        var podSpec = PodContainer.PodOf(pod);
        var ofPod = podSpec.Context?.Flag("runAsNonRoot");
        var podUser = podSpec.Context?.Integer("runAsUser");
        List<PodContainer> all = [.. PodContainer.Of(pod)];
        List<PodContainer> missing = [];
        if (ofPod == false)
        {
            Set(podSpec, podUser == 0 || all.Exists(c => c.Context?.Flag("runAsNonRoot") is null && c.Context?.Integer("runAsUser") == 0));
        }
        foreach (var container in all)
        {
            var own = container.Context?.Flag("runAsNonRoot");
            var isRoot = (container.Context?.Integer("runAsUser") ?? podUser) == 0;
            if (own == false) Set(container, isRoot);
            else if (own is null && ofPod is null) missing.Add(container);
        }
        AddForAll(report, missing, podSpec, isShared, c => (c.Context?.Integer("runAsUser") ?? podUser) == 0 ? RootAdvice : null,
            "runAsNonRoot", static () => JsonValue.Create(true), advice);

        void Set(PodContainer setter, bool isRoot)
        {
            var at = setter.ContextAt.Then("runAsNonRoot");
            if (isRoot) report.Tell(setter.Name, at, RootAdvice);
            else report.Fix(setter, at, JsonValue.Create(true), advice);
        }
    }

    private const string RootAdvice = "it runs as user 0; choose a user the image can run as (runAsUser: 1000), then write runAsNonRoot: true";

    private static void AddSeccomp(CheckReport report, JsonObject pod, Func<FieldPath, bool> isShared)
    {
        AddProfiles(report, pod, "seccompProfile");
        var podSpec = PodContainer.PodOf(pod);
        if (report.CheckId == "seccompProfile_baseline" || podSpec.Context?["seccompProfile"] is not null) return;
        List<PodContainer> missing = [.. PodContainer.Of(pod).Where(c => c.Context?["seccompProfile"] is null)];
        AddForAll(report, missing, podSpec, isShared, _ => IsWindows(pod) ? WindowsAdvice : null,
            "seccompProfile", static () => new JsonObject { ["type"] = "RuntimeDefault" }, "write  securityContext.seccompProfile: {type: RuntimeDefault}");
    }

    // One container gets the field itself; for several, one field of the pod is the smaller edit.
    private static void AddForAll(
        CheckReport report, List<PodContainer> missing, PodContainer pod, Func<FieldPath, bool> isShared, Func<PodContainer, string?> whyNot,
        string field, Func<JsonNode> value, string advice)
    {
        var own = missing.Where(c => !isShared(c.At)).ToList();
        if (own.Count > 1 && own.All(c => whyNot(c) is null))
        {
            report.Fix(pod, pod.ContextAt.Then(field), value(), $"{advice}  (of the pod, for all its containers)");
            return;
        }
        foreach (var container in missing)
        {
            var at = container.ContextAt.Then(field);
            if (whyNot(container) is { } reason) report.Tell(container.Name, at, reason);
            else report.Fix(container, at, value(), advice);
        }
    }

    private static void AddProfiles(CheckReport report, JsonObject pod, string field)
    {
        foreach (var setter in PodContainer.Of(pod).Prepend(PodContainer.PodOf(pod)))
        {
            if (setter.Context?.Object(field) is not { } profile || profile.Text("type") is "RuntimeDefault" or "Localhost") continue;
            report.Fix(setter, setter.ContextAt.Then(field, "type"), JsonValue.Create("RuntimeDefault"), $"write  securityContext.{field}.type: RuntimeDefault");
        }
    }

    private static void AddAnnotations(CheckReport report, JsonObject pod, string prefix, Func<string, bool> allows)
    {
        foreach (var (key, value) in pod.TextMap("metadata", "annotations"))
        {
            if (!key.StartsWith(prefix, StringComparison.Ordinal) || allows(value)) continue;
            if (report.CheckId == "seccompProfile_baseline" && key != prefix) continue;
            report.Fix(PodContainer.PodOf(pod), FieldPath.Root.Then("metadata", "annotations", key), JsonValue.Create("runtime/default"), $"write  {key}: runtime/default");
        }
    }
}
