using System.Text.Json;
using System.Text.Json.Serialization;
using Mobula.Cli.KindConfiguration;
using Mobula.Node;

namespace Mobula.Cli.Clusters;

/// <summary>What was asked for when a cluster was created: all that its server needs to start, now and after a restart.</summary>
internal sealed record ClusterRecord
{
    /// <summary>The version of this file's shape; a newer one is refused.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The Kubernetes version presented, <c>v1.MINOR.PATCH</c>.</summary>
    public required string KubernetesVersion { get; init; }

    /// <summary>The address the API server listens on.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The API server's port, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>The kubeconfig that the context was written to.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>The nodes; empty for a control plane alone.</summary>
    public IReadOnlyList<NodeRecord> Nodes { get; init; } = [];

    /// <summary>Flags of the API server, with paths as they are on the host.</summary>
    public IReadOnlyDictionary<string, string> ApiServerFlags { get; init; } = new Dictionary<string, string>();

    /// <summary>The <see cref="NetworkIndex"/> of a cluster without nodes.</summary>
    public const int NoNetwork = -1;

    /// <summary>The number that keeps the networks of clusters on one host apart, 0 to 15, or <see cref="NoNetwork"/>.</summary>
    public int NetworkIndex { get; init; } = NoNetwork;

    /// <summary>Reads the record of a cluster.</summary>
    /// <exception cref="UsageException">There is no cluster, or the record is of a newer version.</exception>
    public static ClusterRecord Read(ClusterDirectory directory)
    {
        if (!directory.Exists) throw new UsageException($"there is no cluster \"{directory.Name}\"\nSee them with:  mobula get clusters");
        ClusterRecord? record;
        try
        {
            record = JsonSerializer.Deserialize(File.ReadAllBytes(directory.RecordFile), CliJson.Default.ClusterRecord);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{directory.RecordFile} is damaged: {e.Message}\nRemove the cluster with:  mobula delete cluster --name {directory.Name}");
        }
        if (record is null || record.Format > new ClusterRecord { KubernetesVersion = "", Port = 1, Kubeconfig = "" }.Format)
        {
            throw new UsageException($"{directory.RecordFile} was written by a newer mobula: use that one, or delete the cluster");
        }
        return record;
    }

    /// <summary>
    /// Reads what the removal of a cluster needs. What a damaged record, or a newer one, does not tell is taken from the cluster's folder
    /// and the machine's claims.
    /// </summary>
    public static ClusterRecord ReadForRemoval(ClusterDirectory directory)
    {
        try
        {
            return Read(directory);
        }
        catch (UsageException) when (directory.Exists)
        {
            string[] nodes = Directory.Exists(directory.Node("")) ? [.. Directory.EnumerateDirectories(directory.Node("")).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)] : [];
            return new()
            {
                KubernetesVersion = "",
                Port = 1,
                Kubeconfig = "",
                Nodes = [.. nodes.Select(n => new NodeRecord(n, false, new Dictionary<string, string>()))],
                NetworkIndex = NetworkClaims.OfMachine.Find(directory) ?? NoNetwork,
            };
        }
    }

    /// <summary>Writes the record.</summary>
    public void Write(ClusterDirectory directory) =>
        File.WriteAllBytes(directory.RecordFile, JsonSerializer.SerializeToUtf8Bytes(this, CliJson.Default.ClusterRecord));
}

/// <summary>A node of a cluster.</summary>
/// <param name="Name">The Node's name.</param>
/// <param name="IsControlPlane">Whether it has the control plane's role label, and its taint if there are workers.</param>
/// <param name="Labels">More labels.</param>
internal sealed record NodeRecord(string Name, bool IsControlPlane, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Paths of the host, absolute, under other names in the node.</summary>
    public IReadOnlyList<PathMount> Mounts { get; init; } = [];

    /// <summary>Ports of the host that lead to the node's.</summary>
    public IReadOnlyList<NodePortMapping> PortMappings { get; init; } = [];
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterRecord))]
internal sealed partial class CliJson : JsonSerializerContext;
