using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Pods;

namespace Mobula.Node.Volumes;

/// <summary>Renders the volumes whose files come from the API: configMap, secret, downwardAPI and projected.</summary>
internal sealed class VolumeContents(ReferencedObjects objects, ServiceAccountTokens tokens, NodeSettings node)
{
    /// <summary>Whether the volume is one of these.</summary>
    public static bool Covers(JsonObject volume) => Source(volume) is not null;

    /// <summary>Whether the files are kept out of reach of the disk.</summary>
    public static bool OnTmpfs(JsonObject volume) => volume.Object("configMap") is null;

    /// <exception cref="VolumeException">A source is missing.</exception>
    public async Task<Dictionary<string, VolumeFile>> RenderAsync(JsonObject pod, JsonObject volume, IReadOnlyList<string> podIps, CancellationToken cancellation)
    {
        var files = new Dictionary<string, VolumeFile>();
        var (kind, source) = Source(volume)!.Value;
        var mode = source.Integer("defaultMode") ?? 0x1A4;
        if (kind != "projected")
        {
            await AddAsync(files, pod, kind, source, mode, podIps, cancellation).ConfigureAwait(false);
            return files;
        }
        foreach (var part in source.Objects("sources"))
            foreach (var (name, value) in part)
                if (value is JsonObject inner) await AddAsync(files, pod, name, inner, mode, podIps, cancellation).ConfigureAwait(false);
        return files;
    }

    private static (string Kind, JsonObject Source)? Source(JsonObject volume)
    {
        foreach (var kind in (string[])["configMap", "secret", "downwardAPI", "projected"])
            if (volume.Object(kind) is { } source) return (kind, source);
        return null;
    }

    private async Task AddAsync(
        Dictionary<string, VolumeFile> files, JsonObject pod, string kind, JsonObject source, long mode, IReadOnlyList<string> podIps, CancellationToken cancellation)
    {
        switch (kind)
        {
            case "configMap" or "secret":
                await AddDataAsync(files, pod, kind == "secret", source, mode, cancellation).ConfigureAwait(false);
                break;
            case "downwardAPI":
                foreach (var item in source.Objects("items"))
                {
                    var text = item.Object("fieldRef") is { } field
                        ? DownwardFields.Field(WithSeen(pod), field.Text("fieldPath") ?? "", podIps.FirstOrDefault(), podIps, node.HostIp, node.NodeName)
                        : DownwardFields.Resource(pod, item.Object("resourceFieldRef") ?? [], null, node.Capacity);
                    files[item.Text("path") ?? ""] = new(Encoding.UTF8.GetBytes(text), Mode(item, mode));
                }
                break;
            case "serviceAccountToken":
                var token = await tokens.GetAsync(pod, source.Text("audience"), source.Integer("expirationSeconds") ?? 3600, cancellation).ConfigureAwait(false);
                files[source.Text("path") ?? "token"] = new(Encoding.UTF8.GetBytes(token), (UnixFileMode)mode);
                break;
            default:
                throw new VolumeException($"projected volume source {kind} is not supported by this node");
        }
    }

    private async Task AddDataAsync(Dictionary<string, VolumeFile> files, JsonObject pod, bool secret, JsonObject source, long mode, CancellationToken cancellation)
    {
        var ns = pod.Namespace ?? "";
        var name = source.Text("secretName") ?? source.Text("name") ?? "";
        var optional = source.Flag("optional") == true;
        var o = await objects.GetAsync(secret ? Mobula.Client.Resources.Secrets : Mobula.Client.Resources.ConfigMaps, ns, name, pod.Uid, cancellation).ConfigureAwait(false);
        if (o is null)
        {
            if (optional) return;
            throw new VolumeException($"{(secret ? "secret" : "configmap")} \"{name}\" not found");
        }
        var data = o.TextMap("data").ToDictionary(p => p.Key, p => secret ? Convert.FromBase64String(p.Value) : Encoding.UTF8.GetBytes(p.Value));
        foreach (var (key, value) in o.TextMap("binaryData")) data[key] = Convert.FromBase64String(value);
        if (source.List("items") is null)
        {
            foreach (var (key, value) in data) files[key] = new(value, (UnixFileMode)mode);
            return;
        }
        foreach (var item in source.Objects("items"))
        {
            var key = item.Text("key") ?? "";
            if (data.TryGetValue(key, out var value)) files[item.Text("path") ?? key] = new(value, Mode(item, mode));
            else if (!optional) throw new VolumeException($"references non-existent {(secret ? "secret" : "config")} key: {key}");
        }
    }

    /// <summary>The kubelet shows two annotations of its own.</summary>
    private static JsonObject WithSeen(JsonObject pod)
    {
        var shown = new JsonObject { ["metadata"] = pod.Metadata.DeepClone(), ["spec"] = pod["spec"]?.DeepClone() };
        var annotations = shown.Ensure("metadata", "annotations");
        annotations["kubernetes.io/config.seen"] = pod.Text("metadata", "creationTimestamp");
        annotations["kubernetes.io/config.source"] = "api";
        return shown;
    }

    private static UnixFileMode Mode(JsonObject item, long mode) => (UnixFileMode)(item.Integer("mode") ?? mode);
}
