using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Pods;
using Mobula.Node.Resources;

namespace Mobula.Node.Volumes;

/// <summary>Sets up the volumes of pods on the host, keeps their contents fresh, and takes them away.</summary>
internal sealed class PodVolumes(KubernetesApi api, VolumeContents contents, NodeSettings node, TimeProvider time)
{
    private static readonly GroupVersionResource PersistentVolumeClaims = new("", "v1", "persistentvolumeclaims");

    /// <summary>Sets up what the containers mount and writes contents that changed.</summary>
    /// <returns>The volumes that could not be set up, each with the reason.</returns>
    public async Task<IReadOnlyList<(string Volume, string Message)>> SetUpAsync(JsonObject pod, IReadOnlyList<string> podIps, CancellationToken cancellation)
    {
        var failures = new List<(string, string)>();
        var mounted = ContainerSpec.All(pod).SelectMany(c => c.Json.Objects("volumeMounts")).Select(m => m.Text("name")).ToHashSet();
        foreach (var volume in pod.Objects("spec", "volumes"))
        {
            var name = volume.Text("name") ?? "";
            if (!mounted.Contains(name)) continue;
            try
            {
                await SetUpAsync(pod, volume, podIps, cancellation).ConfigureAwait(false);
            }
            catch (UnattachedVolumeException e)
            {
                failures.Add((name, e.Message));
            }
            catch (Exception e) when (e is VolumeException or IOException or UnauthorizedAccessException or StatusException or FormatException)
            {
                failures.Add((name, $"MountVolume.SetUp failed for volume \"{name}\" : {e.Message}"));
            }
        }
        return failures;
    }

    /// <summary>A container's mounts, with <c>subPath</c> resolved.</summary>
    /// <exception cref="StartException">A sub-path leads out of its volume.</exception>
    public IEnumerable<Mount> Mounts(JsonObject pod, ContainerSpec container, IReadOnlyDictionary<string, string> environment)
    {
        var index = 0;
        foreach (var mount in container.Json.Objects("volumeMounts"))
        {
            var name = mount.Text("name") ?? "";
            if (pod.Objects("spec", "volumes").FirstOrDefault(v => v.Text("name") == name) is not { } volume) continue;
            var source = HostPath(pod, volume);
            var subPath = mount.Text("subPathExpr") is { } expression
                ? VariableExpansion.Expand(expression, environment.GetValueOrDefault)
                : mount.Text("subPath") ?? "";
            if (subPath.Length > 0) source = BindSubPath(pod, container, name, source, subPath, index);
            index++;
            yield return new Mount
            {
                ContainerPath = Path.Combine("/", mount.Text("mountPath") ?? ""),
                HostPath = source,
                Readonly = mount.Flag("readOnly") == true,
                Propagation = mount.Text("mountPropagation") switch
                {
                    "HostToContainer" => MountPropagation.PropagationHostToContainer,
                    "Bidirectional" => MountPropagation.PropagationBidirectional,
                    _ => MountPropagation.PropagationPrivate,
                },
            };
        }
    }

    /// <summary>Whether the pod has an emptyDir on disk that may hold only so much: the kernel watches it as little as the kubelet's.</summary>
    public static bool HasLimits(JsonObject pod) => LimitedFolders(pod).Any();

    /// <summary>The text of the eviction when an emptyDir holds more than it may, or null.</summary>
    public string? Excess(JsonObject pod)
    {
        foreach (var volume in LimitedFolders(pod))
        {
            var folder = HostPath(pod, volume);
            var limit = volume.Text("emptyDir", "sizeLimit")!;
            if (!Directory.Exists(folder)) continue;
            var used = new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
                .Sum(f => f.Exists ? f.Length : 0);
            if (used > ResourceAmount.Whole(limit)) return $"Usage of EmptyDir volume \"{volume.Text("name")}\" exceeds the limit \"{limit}\". ";
        }
        return null;
    }

    /// <summary>Unmounts all of a pod's volumes and removes its folder.</summary>
    public void TearDown(string uid)
    {
        var folder = node.PodDirectory(uid);
        var below = folder + "/";
        var mounts = File.ReadLines("/proc/self/mountinfo").Select(l => l.Split(' ')[4].Replace("\\040", " ", StringComparison.Ordinal))
            .Where(m => m.StartsWith(below, StringComparison.Ordinal)).OrderByDescending(m => m.Length).ToList();
        foreach (var mount in mounts) FileCalls.Unmount(mount);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static IEnumerable<JsonObject> LimitedFolders(JsonObject pod) =>
        pod.Objects("spec", "volumes").Where(v => v.Text("emptyDir", "sizeLimit") is not null && v.Text("emptyDir", "medium") != "Memory");

    private string HostPath(JsonObject pod, JsonObject volume)
    {
        if (volume.Object("hostPath") is { } host) return NodeMount.OnHost(host.Text("path") ?? "/", node.Mounts);
        var kind = volume.Object("emptyDir") is not null ? "empty-dir" : volume.Object("configMap") is not null ? "configmap"
            : volume.Object("secret") is not null ? "secret" : volume.Object("downwardAPI") is not null ? "downward-api" : "projected";
        return Path.Combine(node.PodDirectory(pod.Uid), "volumes", $"kubernetes.io~{kind}", volume.Text("name") ?? "");
    }

    private async Task SetUpAsync(JsonObject pod, JsonObject volume, IReadOnlyList<string> podIps, CancellationToken cancellation)
    {
        if (volume.Object("hostPath") is { } host)
        {
            HostPathVolume.Check(NodeMount.OnHost(host.Text("path") ?? "", node.Mounts), host.Text("type") ?? "");
            return;
        }
        var folder = HostPath(pod, volume);
        var fsGroup = pod.Integer("spec", "securityContext", "fsGroup");
        if (volume.Object("emptyDir") is { } empty)
        {
            if (Directory.Exists(folder)) return;
            Directory.CreateDirectory(folder);
            if (empty.Text("medium") == "Memory")
            {
                var limit = ResourceAmount.Whole(empty.Text("sizeLimit"));
                FileCalls.MountTmpfs(folder, limit > 0 ? $"mode=0777,size={limit}" : "mode=0777");
            }
            File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
            if (fsGroup is { } group) Share(folder, group);
            return;
        }
        if (volume.Text("persistentVolumeClaim", "claimName") is { } claim) await CheckClaimAsync(pod, volume, claim, cancellation).ConfigureAwait(false);
        if (!VolumeContents.Covers(volume))
        {
            var kind = volume.FirstOrDefault(m => m.Key != "name").Key;
            throw new VolumeException($"volumes of type {kind} are not supported by this node");
        }
        var files = await contents.RenderAsync(pod, volume, podIps, cancellation).ConfigureAwait(false);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            if (VolumeContents.OnTmpfs(volume)) FileCalls.MountTmpfs(folder, "mode=1777");
            else File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
        }
        AtomicFolder.Write(folder, files, time.GetUtcNow(), made =>
        {
            if (fsGroup is { } group) Share(made, group);
        });
    }

    private async Task CheckClaimAsync(JsonObject pod, JsonObject volume, string claim, CancellationToken cancellation)
    {
        try
        {
            await api.GetAsync(PersistentVolumeClaims, pod.Namespace, claim, cancellation).ConfigureAwait(false);
        }
        catch (StatusException e)
        {
            var name = volume.Text("name");
            throw new UnattachedVolumeException(
                $"Unable to attach or mount volumes: unmounted volumes=[{name}], unattached volumes=[], failed to process volumes=[{name}]: " +
                $"error processing PVC {pod.Namespace}/{claim}: failed to fetch PVC from API server: {e.Message}");
        }
    }

    /// <summary>Gives everything in a folder to a group, as <c>fsGroup</c> asks.</summary>
    private static void Share(string folder, long group)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Prepend(folder))
        {
            FileCalls.ChangeOwner(path, -1, group);
            if (new FileInfo(path).LinkTarget is not null) continue;
            var mode = File.GetUnixFileMode(path);
            File.SetUnixFileMode(path, Directory.Exists(path)
                ? mode | UnixFileMode.SetGroup | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                : mode | UnixFileMode.GroupRead | ((mode & UnixFileMode.UserWrite) != 0 ? UnixFileMode.GroupWrite : 0));
        }
    }

    private string BindSubPath(JsonObject pod, ContainerSpec container, string volume, string root, string subPath, int index)
    {
        StartException Refusal() => new("CreateContainerConfigError", $"failed to prepare subPath for volumeMount \"{volume}\" of container \"{container.Name}\"");
        if (subPath.StartsWith('/') || subPath.Split('/').Contains("..")) throw Refusal();
        try
        {
            var inside = SubPath.Resolve(root, subPath) ?? throw Refusal();
            var full = Path.Combine(root, inside);
            if (!Path.Exists(full))
            {
                Directory.CreateDirectory(full);
                var mode = File.GetUnixFileMode(root);
                for (var made = full; made.Length > root.Length; made = Path.GetDirectoryName(made)!) File.SetUnixFileMode(made, mode);
            }
            var target = Path.Combine(node.PodDirectory(pod.Uid), "volume-subpaths", volume, container.Name, $"{index}");
            FileCalls.Unmount(target);
            if (Directory.Exists(full))
            {
                Directory.CreateDirectory(target);
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                if (!File.Exists(target)) File.WriteAllBytes(target, []);
            }
            FileCalls.BindInside(root, inside, target);
            return target;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal();
        }
    }
}
