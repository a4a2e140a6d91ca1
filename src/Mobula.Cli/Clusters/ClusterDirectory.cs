using System.Text.RegularExpressions;

namespace Mobula.Cli.Clusters;

/// <summary>
/// Where a cluster keeps its things: one folder a cluster, below the data directory. Only its owner can read it, since it
/// holds keys.
/// </summary>
/// <param name="Root">The cluster's folder.</param>
internal sealed partial record ClusterDirectory(string Root)
{
    /// <summary>The variable that moves the data directory.</summary>
    public const string DataDirectoryVariable = "MOBULA_DATA_DIR";

    /// <summary>The cluster's name.</summary>
    public string Name => Path.GetFileName(Root);

    /// <summary>What was asked for (<see cref="ClusterRecord"/>).</summary>
    public string RecordFile => Path.Combine(Root, "cluster.json");

    /// <summary>The process id of the cluster's server; the file is locked while it runs.</summary>
    public string ProcessFile => Path.Combine(Root, "server.pid");

    /// <summary>What the server says of itself.</summary>
    public string LogFile => Path.Combine(Root, "log", "mobula.log");

    /// <summary>The audit log where no flag names another place.</summary>
    public string DefaultAuditLog => Path.Combine(Root, "log", "audit.log");

    /// <summary>The administrator's kubeconfig.</summary>
    public string AdminKubeconfig => Path.Combine(Root, "kubeconfig");

    /// <summary>The API server's store and keys.</summary>
    public string ApiServer => Path.Combine(Root, "apiserver");

    /// <summary>A node's state: containerd, volumes, logs.</summary>
    public string Node(string nodeName) => Path.Combine(Root, "nodes", nodeName);

    /// <summary>
    /// The data directory: the flag, or the variable <c>MOBULA_DATA_DIR</c>, or <c>$XDG_DATA_HOME/mobula</c>, or
    /// <c>~/.local/share/mobula</c>.
    /// </summary>
    public static string DataDirectory(string? flag)
    {
        if (!string.IsNullOrEmpty(flag)) return Path.GetFullPath(flag);
        if (Environment.GetEnvironmentVariable(DataDirectoryVariable) is { Length: > 0 } variable) return Path.GetFullPath(variable);
        var home = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        return Path.Combine(home, "mobula");
    }

    /// <summary>The folder of a cluster, which need not exist.</summary>
    /// <exception cref="UsageException">The name is no cluster's name.</exception>
    public static ClusterDirectory Of(string? dataDirectory, string name)
    {
        if (name.Length > 50 || !NamePattern().IsMatch(name))
        {
            throw new UsageException($"\"{name}\" cannot name a cluster: use lower-case letters, digits, '.' and '-', at most 50, beginning and ending with a letter or digit");
        }
        return new(Path.Combine(DataDirectory(dataDirectory), "clusters", name));
    }

    /// <summary>The clusters there are, by name.</summary>
    public static IReadOnlyList<ClusterDirectory> All(string? dataDirectory)
    {
        var clusters = Path.Combine(DataDirectory(dataDirectory), "clusters");
        if (!Directory.Exists(clusters)) return [];
        return [.. Directory.EnumerateDirectories(clusters).Select(d => new ClusterDirectory(d)).Where(d => d.Exists).OrderBy(d => d.Name, StringComparer.Ordinal)];
    }

    /// <summary>Whether a cluster is there, running or not.</summary>
    public bool Exists => File.Exists(RecordFile);

    [GeneratedRegex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
    private static partial Regex NamePattern();
}
