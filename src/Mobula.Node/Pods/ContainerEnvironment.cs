using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>The environment of a container, resolved.</summary>
internal sealed class ContainerEnvironment(ReferencedObjects objects, Func<IEnumerable<JsonObject>> services, NodeSettings node)
{
    /// <exception cref="StartException">Something it needs is missing.</exception>
    public async Task<Dictionary<string, string>> ResolveAsync(JsonObject pod, ContainerSpec container, IReadOnlyList<string> podIps, CancellationToken cancellation)
    {
        var ns = pod.Namespace ?? "";
        var serviceVariables = ServiceVariables.Of(services(), ns, pod.Flag("spec", "enableServiceLinks") != false);
        var result = new Dictionary<string, string>();
        foreach (var source in container.Json.Objects("envFrom"))
        {
            var prefix = source.Text("prefix") ?? "";
            var isSecret = source.Object("secretRef") is not null;
            var reference = source.Object(isSecret ? "secretRef" : "configMapRef") ?? [];
            var data = await DataAsync(pod, isSecret, reference, cancellation).ConfigureAwait(false);
            foreach (var (key, value) in data ?? []) result[prefix + key] = value;
        }
        foreach (var variable in container.Json.Objects("env"))
        {
            var name = variable.Text("name") ?? "";
            if (variable.Object("valueFrom") is { } from)
            {
                if (await ValueFromAsync(pod, container, from, podIps, cancellation).ConfigureAwait(false) is { } value) result[name] = value;
                continue;
            }
            result[name] = VariableExpansion.Expand(
                variable.Text("value") ?? "", n => result.TryGetValue(n, out var own) ? own : serviceVariables.GetValueOrDefault(n));
        }
        foreach (var (name, value) in serviceVariables) result.TryAdd(name, value);
        return result;
    }

    private async Task<string?> ValueFromAsync(JsonObject pod, ContainerSpec container, JsonObject from, IReadOnlyList<string> podIps, CancellationToken cancellation)
    {
        if (from.Object("fieldRef") is { } field)
            return DownwardFields.Field(pod, field.Text("fieldPath") ?? "", podIps.FirstOrDefault(), podIps, node.HostIp, node.NodeName);
        if (from.Object("resourceFieldRef") is { } resource) return DownwardFields.Resource(pod, resource, container.Name, node.Capacity);
        var isSecret = from.Object("secretKeyRef") is not null;
        if (from.Object(isSecret ? "secretKeyRef" : "configMapKeyRef") is not { } reference) return null;
        var data = await DataAsync(pod, isSecret, reference, cancellation).ConfigureAwait(false);
        var key = reference.Text("key") ?? "";
        if (data?.TryGetValue(key, out var value) == true) return value;
        if (reference.Flag("optional") == true) return null;
        throw new StartException("CreateContainerConfigError", $"couldn't find key {key} in {(isSecret ? "Secret" : "ConfigMap")} {pod.Namespace}/{reference.Text("name")}");
    }

    private async Task<Dictionary<string, string>?> DataAsync(JsonObject pod, bool isSecret, JsonObject reference, CancellationToken cancellation)
    {
        var name = reference.Text("name") ?? "";
        var o = await objects.GetAsync(isSecret ? Mobula.Client.Resources.Secrets : Mobula.Client.Resources.ConfigMaps, pod.Namespace ?? "", name, pod.Uid, cancellation).ConfigureAwait(false);
        if (o is null)
        {
            if (reference.Flag("optional") == true) return null;
            throw new StartException("CreateContainerConfigError", $"{(isSecret ? "secret" : "configmap")} \"{name}\" not found");
        }
        return o.TextMap("data").ToDictionary(
            p => p.Key, p => isSecret ? Encoding.UTF8.GetString(Convert.FromBase64String(p.Value)) : p.Value);
    }
}
