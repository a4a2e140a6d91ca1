using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Workloads;

/// <summary>A namespace of a cluster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Policy">What its labels ask for; privileged where they ask for nothing.</param>
/// <param name="IsLabelled">Whether it has a label of Pod Security.</param>
internal sealed record ScannedNamespace(string Name, NamespacePolicy Policy, bool IsLabelled);

/// <summary>
/// Reads all that makes pods in a cluster, and the pods, and keeps what violates: by the owner at the top, the templates first, of running
/// pods what no template has.
/// </summary>
/// <param name="options">By what is judged; without a policy, by each namespace's labels.</param>
internal sealed class WorkloadScan(ManifestOptions options)
{
    private static readonly LevelVersion Strictest = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);

    private readonly ResourceCheck _check = new(options);
    private readonly PodExpansion _expansion = new(options.RayOperator, options.OtherTemplates);
    private readonly Dictionary<string, (GroupVersionKind Type, string Name, string Uid, string Resource)> _owners = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string, string), Workload> _workloads = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScannedNamespace> _namespaces = new(StringComparer.Ordinal);

    /// <summary>The namespaces that were read.</summary>
    public IReadOnlyCollection<ScannedNamespace> Namespaces => _namespaces.Values;

    /// <summary>The workloads that violate, by namespace and name.</summary>
    public IEnumerable<Workload> Workloads =>
        _workloads.Values.Where(w => w.Findings.Count > 0).OrderBy(w => w.Namespace, StringComparer.Ordinal).ThenBy(w => w.Type.Kind, StringComparer.Ordinal).ThenBy(w => w.Name, StringComparer.Ordinal);

    /// <summary>What could not be read or judged.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>What else is worth knowing.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>The pods that templates make, with their verdicts (each template counts once), and those of running pods without a template.</summary>
    public List<(string Namespace, JudgedPod Pod)> Pods { get; } = [];

    /// <summary>The pods that run.</summary>
    public int RunningPods { get; private set; }

    /// <summary>Objects read.</summary>
    public int Read { get; private set; }

    /// <summary>Reads and judges.</summary>
    /// <param name="api">The server.</param>
    /// <param name="ns">The namespace; null for all.</param>
    /// <param name="progress">Told of the objects read so far.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(KubernetesApi api, string? ns, Action<int> progress, CancellationToken cancellation)
    {
        await ReadNamespacesAsync(api, ns, cancellation).ConfigureAwait(false);
        foreach (var type in await ListedType.OfServerAsync(api, options.OtherTemplates, cancellation).ConfigureAwait(false))
        {
            await ReadAsync(api, type.Resource, ns, item => AddTemplate(type, item), progress, cancellation).ConfigureAwait(false);
        }
        await ReadAsync(api, Resources.Pods, ns, AddPod, progress, cancellation).ConfigureAwait(false);
    }

    private async Task ReadNamespacesAsync(KubernetesApi api, string? ns, CancellationToken cancellation)
    {
        if (ns is not null)
        {
            AddNamespace(await api.GetAsync(Resources.Namespaces, null, ns, cancellation).ConfigureAwait(false));
            return;
        }
        await foreach (var item in PagedList.ReadAsync(api, Resources.Namespaces, null, cancellation).ConfigureAwait(false)) AddNamespace(Parse(item));
    }

    private void AddNamespace(JsonObject ns)
    {
        var labelled = ns.TextMap("metadata", "labels").Any(l => l.Key.StartsWith(NamespacePolicy.LabelPrefix, StringComparison.Ordinal));
        _namespaces[ns.Name] = new(ns.Name, NamespacePolicy.Of(ns, default).Policy, labelled);
    }

    private async Task ReadAsync(KubernetesApi api, GroupVersionResource resource, string? ns, Action<JsonElement> add, Action<int> progress, CancellationToken cancellation)
    {
        try
        {
            await foreach (var item in PagedList.ReadAsync(api, resource, ns, cancellation).ConfigureAwait(false))
            {
                add(item);
                progress(++Read);
            }
        }
        catch (StatusException e) when (e.Code is 403 or 404 or 405)
        {
            Problems.Add($"{resource.QualifiedName} could not be read: {e.Message}");
        }
    }

    private void AddTemplate(ListedType type, JsonElement item)
    {
        var o = Parse(item);
        (o["apiVersion"], o["kind"]) = (type.Type.ApiVersion, type.Kind);
        _resources[$"{type.Type.Group}/{type.Kind}"] = type.Resource.Resource;
        var (ns, uid) = (o.Namespace ?? "", o.Uid);
        _seen.Add(uid);
        var owner = o.ControllerReference;
        if (owner is not null)
        {
            _owners[uid] = (GroupVersionKind.Parse(owner.Text("apiVersion") ?? "", owner.Text("kind") ?? ""), owner.Text("name") ?? "", owner.Text("uid") ?? "", "");
            // The owner's template says what this one's says.
            if (_seen.Contains(owner.Text("uid") ?? "")) return;
        }
        try
        {
            var report = _check.Check(o, PolicyOf(ns));
            Pods.AddRange(report.Pods.Select(p => (ns, p)));
            if (report.Findings.Count == 0)
            {
                Notes.AddRange(report.Notes.Select(n => $"{ns}: {n}"));
                return;
            }
            var workload = WorkloadOf(ns, Root(type.Type, o.Name, uid));
            foreach (var finding in report.Findings) workload.AddFromTemplate(finding);
        }
        catch (JsonException e)
        {
            Problems.Add($"{ns} {type.Kind}/{o.Name}: {e.Message}");
        }
    }

    private void AddPod(JsonElement item)
    {
        if (item.TryGetProperty("status", out var status) && status.TryGetProperty("phase", out var phase) && (phase.ValueEquals("Succeeded") || phase.ValueEquals("Failed"))) return;
        RunningPods++;
        var metadata = item.GetProperty("metadata");
        var ns = metadata.GetProperty("namespace").GetString()!;
        var policy = PolicyOf(ns);
        var hasOwner = metadata.TryGetProperty("ownerReferences", out var references) && references.GetArrayLength() > 0;
        // Most pods pass, and most that do not are as their templates, of which enough was said.
        if (PodSecurityEvaluator.Default.Evaluate(JsonMarshal.GetRawUtf8Value(item), policy.Policy).IsAllowed)
        {
            if (!hasOwner) Pods.Add((ns, new($"Pod/{metadata.GetProperty("name").GetString()}", "pod", policy.Policy, false, false, "", FieldPath.Root)));
            return;
        }
        var pod = Parse(item);
        (pod["apiVersion"], pod["kind"]) = ("v1", "Pod");
        var owner = pod.ControllerReference;
        var root = owner is null
            ? (new("", "v1", "Pod"), pod.Name)
            : Root(GroupVersionKind.Parse(owner.Text("apiVersion") ?? "", owner.Text("kind") ?? ""), owner.Text("name") ?? "", owner.Text("uid") ?? "");
        var report = _check.Check(pod, policy);
        var workload = WorkloadOf(ns, root);
        workload.RunningPods++;
        var isOwn = owner is null || !_expansion.Knows(root.Type);
        if (owner is null || (isOwn && workload.RunningPods == 1)) Pods.AddRange(report.Pods.Select(p => (ns, p with { Resource = workload.Title })));
        foreach (var finding in report.Findings) workload.AddFromPod(finding with { Resource = workload.Title }, isOwn);
    }

    // The owner at the top: of a pod its ReplicaSet's Deployment, of a RayCluster its RayJob.
    private (GroupVersionKind Type, string Name) Root(GroupVersionKind type, string name, string uid)
    {
        for (var depth = 0; depth < 8 && _owners.TryGetValue(uid, out var owner); depth++) (type, name, uid) = (owner.Type, owner.Name, owner.Uid);
        return (type, name);
    }

    private Workload WorkloadOf(string ns, (GroupVersionKind Type, string Name) root)
    {
        var key = (ns, $"{root.Type.Group}/{root.Type.Kind}", root.Name);
        if (!_workloads.TryGetValue(key, out var workload)) _workloads[key] = workload = new(ns, root.Type, _resources.GetValueOrDefault(key.Item2), root.Name);
        return workload;
    }

    private JudgedPolicy PolicyOf(string ns) =>
        options.Policy is { } policy ? JudgedPolicy.Of(policy)
        : _namespaces.TryGetValue(ns, out var labels) && labels.IsLabelled ? JudgedPolicy.Of(labels.Policy)
        : JudgedPolicy.Of(Strictest);

    private static JsonObject Parse(JsonElement item) => KubernetesJson.ParseObject(JsonMarshal.GetRawUtf8Value(item));
}
