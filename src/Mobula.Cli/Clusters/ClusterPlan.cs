using Mobula.Cli.KindConfiguration;
using Mobula.Node.Network;

namespace Mobula.Cli.Clusters;

/// <summary>Decides from flags and configuration what a cluster will be. Flags win over the configuration, as in kind.</summary>
/// <param name="Record">What the server will be told, but for the port and network index when they are free to choose (0).</param>
/// <param name="Warnings">What was asked for and is left out.</param>
internal sealed record ClusterPlan(ClusterRecord Record, IReadOnlyList<string> Warnings)
{
    /// <summary>The name of a cluster for which no name is given.</summary>
    public const string DefaultName = "mobula";

    private static readonly HashSet<string> FlagsTakenAsTheyAre = new(StringComparer.Ordinal)
    {
        "audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize", "audit-log-format", "audit-log-mode",
        "audit-log-batch-buffer-size", "audit-log-batch-max-size", "audit-log-batch-max-wait", "audit-log-compress",
        "audit-log-truncate-enabled", "audit-log-truncate-max-batch-size", "audit-log-truncate-max-event-size", "audit-log-version",
    };

    /// <summary>The cluster's name: the flag, else the configuration's, else <c>mobula</c>.</summary>
    public static string NameOf(ClusterRequest request) => request.Name ?? request.Config.Name ?? DefaultName;

    /// <summary>Plans a cluster.</summary>
    /// <exception cref="UsageException">What is asked for contradicts itself, or names no version or file that is there.</exception>
    public static ClusterPlan Make(ClusterRequest request, ClusterDirectory directory, string kubeconfig, Func<string, bool> fileExists)
    {
        var warnings = new List<string>();
        var version = request.KubernetesVersion ?? request.Image ?? request.Config.Image;
        var record = new ClusterRecord
        {
            KubernetesVersion = (version is null ? KubernetesRelease.Newest : KubernetesRelease.Parse(version)).ToString(),
            Address = request.Config.ApiServerAddress ?? "127.0.0.1",
            Port = request.Port ?? request.Config.ApiServerPort ?? 0,
            Kubeconfig = kubeconfig,
            Nodes = request.HasNodes ? NameNodes(directory.Name, request) : [],
            ApiServerFlags = PlanFlags(request, directory, fileExists, warnings),
        };
        return new(record, warnings);
    }

    /// <summary>kind's names: <c>NAME-control-plane</c>, <c>NAME-worker</c>, <c>NAME-worker2</c> …</summary>
    private static List<NodeRecord> NameNodes(string cluster, ClusterRequest request)
    {
        var workers = 0;
        var nodes = request.Config.Nodes;
        if (nodes.Count > ClusterNetwork.MaximumNodes) throw new UsageException($"{nodes.Count} nodes are asked for; a cluster here has at most {ClusterNetwork.MaximumNodes}");
        return [.. nodes.Select(n => new NodeRecord(n.IsControlPlane ? $"{cluster}-control-plane" : WorkerName(), n.IsControlPlane, n.Labels)
        {
            PortMappings = n.PortMappings,
            Mounts = [.. n.ExtraMounts.Select(m => m with { Outside = Path.GetFullPath(m.Outside, request.WorkingDirectory) })],
        })];

        string WorkerName() => ++workers == 1 ? $"{cluster}-worker" : $"{cluster}-worker{workers}";
    }

    private static Dictionary<string, string> PlanFlags(ClusterRequest request, ClusterDirectory directory, Func<string, bool> fileExists, List<string> warnings)
    {
        var config = request.Config;
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, flag) in config.ApiServerFlags)
        {
            if (name is "audit-policy-file" or "admission-control-config-file") flags[name] = ExistingFile(name, flag);
            else if (name == "audit-log-path") flags[name] = flag.Value == "-" ? "-" : OnHost(flag.Value) ?? directory.DefaultAuditLog;
            else if (FlagsTakenAsTheyAre.Contains(name)) flags[name] = flag.Value;
            else warnings.Add($"{flag.Place}: the API server's flag --{name} has no meaning here and is ignored");
        }
        TakeFile("audit-policy-file", request.AuditPolicyFile);
        TakeFile("admission-control-config-file", request.AdmissionControlConfigFile);
        if (request.AuditLogPath is { } log) flags["audit-log-path"] = log == "-" ? "-" : Path.GetFullPath(log, request.WorkingDirectory);
        if (flags.ContainsKey("audit-policy-file") && !flags.ContainsKey("audit-log-path")) flags["audit-log-path"] = directory.DefaultAuditLog;
        if (flags.ContainsKey("audit-log-path") && !flags.ContainsKey("audit-policy-file"))
        {
            warnings.Add("without an audit policy nothing is written to the audit log: give --audit-policy-file");
        }
        return flags;

        void TakeFile(string name, string? file)
        {
            if (file is null) return;
            flags[name] = Path.GetFullPath(file, request.WorkingDirectory);
            if (!fileExists(flags[name])) throw new UsageException($"--{name}: {file} is not there");
        }

        string? OnHost(string path) => MountedPaths.OnHost(path, config.ApiServerVolumes, config.ControlPlaneMounts, request.WorkingDirectory);

        string ExistingFile(string name, ApiServerFlag flag)
        {
            var path = OnHost(flag.Value) ?? throw new UsageException(
                $"{flag.Place}: {name} is {flag.Value}, which no extraMounts bring in from the host\nAdd to the control-plane node:  extraMounts: [{{hostPath: ./{Path.GetFileName(flag.Value)}, containerPath: {flag.Value}}}]");
            return fileExists(path) ? path : throw new UsageException($"{flag.Place}: {name} is {flag.Value}, which the mounts place at {path} on this host, and that file is not there");
        }
    }
}
