using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Evaluation;
using Mobula.PodSecurity.Expansion;

namespace Mobula.PodSecurity.Remediation;

/// <summary>
/// The checks of what a pod asks for on purpose. Only who knows the program can say what takes its place, so these are told,
/// not mended.
/// </summary>
internal static class HostAccessFindings
{
    private static readonly string[] Namespaces = ["hostNetwork", "hostPID", "hostIPC"];
    private static readonly string[] Probes = ["livenessProbe", "readinessProbe", "startupProbe"];
    private static readonly string[] Hooks = ["postStart", "preStop"];
    private static readonly string[] Handlers = ["httpGet", "tcpSocket"];

    public static void Add(CheckReport report, JsonObject pod, CheckVariant variant)
    {
        switch (report.CheckId)
        {
            case "capabilities_baseline":
                AddCapabilities(report, pod, static c => Checks.CapabilitiesBaseline.Allows(c));
                break;
            case "hostNamespaces":
                foreach (var field in Namespaces.Where(f => pod.Flag("spec", f) == true))
                {
                    report.Tell(null, FieldPath.Root.Then("spec", field), $"remove {field}; if the program needs the host, keep it in a privileged namespace of its own");
                }
                break;
            case "hostPathVolumes" or "restrictedVolumes":
                AddVolumes(report, pod);
                break;
            case "hostPorts":
                AddHostPorts(report, pod);
                break;
            case "hostProbesAndHostLifecycle":
                AddProbeHosts(report, pod);
                break;
            case "privileged":
                AddFlag(report, pod, ["privileged"], "remove privileged; name the capabilities or the device the program needs, or keep it in a privileged namespace of its own");
                break;
            case "windowsHostProcess":
                AddFlag(report, pod, ["windowsOptions", "hostProcess"], "remove hostProcess, or keep the pod in a privileged namespace of its own");
                break;
            case "procMount" or "procMount_restricted":
                foreach (var container in PodContainer.Of(pod).Where(c => c.Context?["procMount"] is not null && c.Context.Text("procMount") != "Default"))
                {
                    report.Tell(container.Name, container.ContextAt.Then("procMount"), "remove procMount; since v1.35 baseline allows it with hostUsers: false");
                }
                break;
            case "seLinuxOptions":
                AddSELinux(report, pod, allowEngine: (variant.ViolatedBy & PodTraits.SELinuxTypeEngine) == 0);
                break;
            case "sysctls":
                AddSysctls(report, pod, variant.ViolatedBy);
                break;
            case "runAsUser":
                foreach (var setter in PodContainer.Of(pod).Prepend(PodContainer.PodOf(pod)).Where(s => s.Context?.Integer("runAsUser") == 0))
                {
                    report.Tell(setter.Name, setter.ContextAt.Then("runAsUser"), "choose a user other than 0 that the image can run as, for example runAsUser: 1000");
                }
                break;
        }
    }

    internal static void AddCapabilities(CheckReport report, JsonObject pod, Func<byte[], bool> allows)
    {
        foreach (var container in PodContainer.Of(pod))
        {
            if (container.Context?.List("capabilities", "add") is not { } added) continue;
            for (var i = 0; i < added.Count; i++)
            {
                var name = added[i] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
                if (allows(Encoding.UTF8.GetBytes(name))) continue;
                report.Tell(container.Name, container.ContextAt.Then("capabilities", "add").Then(i), $"remove {name} if the program can do without it; no pod of this level may add it");
            }
        }
    }

    private static void AddSysctls(CheckReport report, JsonObject pod, PodTraits forbidden)
    {
        if (pod.List("spec", "securityContext", "sysctls") is not { } sysctls) return;
        for (var i = 0; i < sysctls.Count; i++)
        {
            var name = (sysctls[i] as JsonObject)?.Text("name") ?? "";
            if ((Checks.Sysctls.Classify(Encoding.UTF8.GetBytes(name)) & forbidden) == 0) continue;
            report.Tell(null, FieldPath.Root.Then("spec", "securityContext", "sysctls").Then(i), $"remove the sysctl {name}, or set it on the nodes");
        }
    }

    private static void AddVolumes(CheckReport report, JsonObject pod)
    {
        if (pod.List("spec", "volumes") is not { } volumes) return;
        for (var i = 0; i < volumes.Count; i++)
        {
            var volume = volumes[i] as JsonObject ?? [];
            var type = RefusedTypeOf(volume, report.CheckId == "hostPathVolumes");
            if (type is null) continue;
            var at = FieldPath.Root.Then("spec", "volumes").Then(i);
            report.Tell(null, type == "unknown" ? at : at.Then(type), type == "hostPath"
                ? $"use another type for the volume {volume.Text("name")}: persistentVolumeClaim to keep data, emptyDir for scratch, configMap or secret for files"
                : $"use a persistentVolumeClaim or a csi volume for {volume.Text("name")} instead of {type}");
        }
    }

    private static string? RefusedTypeOf(JsonObject volume, bool hostPathOnly)
    {
        if (hostPathOnly) return volume["hostPath"] is null ? null : "hostPath";
        var rank = Checks.RestrictedVolumes.UnknownRank;
        foreach (var (field, value) in volume)
        {
            if (field == "name" || value is null) continue;
            var type = Encoding.UTF8.GetBytes(field);
            if (Checks.RestrictedVolumes.Allows(type)) return null;
            rank = Math.Min(rank, Checks.RestrictedVolumes.RankOf(type));
        }
        return Encoding.UTF8.GetString(Checks.RestrictedVolumes.TypeOf(rank));
    }

    private static void AddHostPorts(CheckReport report, JsonObject pod)
    {
        foreach (var container in PodContainer.Of(pod))
        {
            var index = -1;
            foreach (var port in container.Node.Objects("ports"))
            {
                index++;
                if (port.Integer("hostPort") is null or 0) continue;
                report.Tell(container.Name, container.At.Then("ports").Then(index).Then("hostPort"), "remove hostPort and reach the port through a Service");
            }
        }
    }

    private static void AddProbeHosts(CheckReport report, JsonObject pod)
    {
        foreach (var container in PodContainer.Of(pod))
        {
            foreach (var path in Probes.Select(p => new[] { p }).Concat(Hooks.Select(h => new[] { "lifecycle", h })))
            {
                foreach (var handler in Handlers)
                {
                    if (container.Node.Text([.. path, handler, "host"]) is not { Length: > 0 }) continue;
                    report.Tell(container.Name, container.At.Then([.. path, handler, "host"]), "remove host: the request then goes to the pod's own address");
                }
            }
        }
    }

    private static void AddFlag(CheckReport report, JsonObject pod, string[] field, string advice)
    {
        foreach (var setter in PodContainer.Of(pod).Prepend(PodContainer.PodOf(pod)))
        {
            if (setter.IsPod && field[0] == "privileged") continue;
            if (setter.Context?.Flag(field) == true) report.Tell(setter.Name, setter.ContextAt.Then(field), advice);
        }
    }

    private static void AddSELinux(CheckReport report, JsonObject pod, bool allowEngine)
    {
        foreach (var setter in PodContainer.Of(pod).Prepend(PodContainer.PodOf(pod)))
        {
            if (setter.Context?.Object("seLinuxOptions") is not { } options) continue;
            var at = setter.ContextAt.Then("seLinuxOptions");
            var type = options.Text("type") ?? "";
            if (type is not ("" or "container_t" or "container_init_t" or "container_kvm_t") && !(allowEngine && type == "container_engine_t"))
            {
                report.Tell(setter.Name, at.Then("type"), "remove the type, or use container_t, container_init_t or container_kvm_t");
            }
            foreach (var field in new[] { "user", "role" })
            {
                if (options.Text(field) is { Length: > 0 }) report.Tell(setter.Name, at.Then(field), $"remove {field}");
            }
        }
    }
}
