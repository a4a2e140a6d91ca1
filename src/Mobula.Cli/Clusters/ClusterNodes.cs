using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mobula.ApiServer;
using Mobula.Client;
using Mobula.Node;
using Mobula.Node.Network;
using Mobula.Node.Streaming;

namespace Mobula.Cli.Clusters;

/// <summary>The node agents of a cluster.</summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    private readonly List<NodeAgent> _agents = [];

    private ClusterNodes()
    {
    }

    /// <summary>How a node of a cluster runs.</summary>
    public static NodeAgentOptions Options(ClusterDirectory directory, ClusterRecord record, NodeRecord node)
    {
        var index = record.Nodes.ToList().FindIndex(n => n.Name == node.Name);
        return new()
        {
            NodeName = node.Name,
            DataDirectory = directory.Node(node.Name),
            // Short, since a socket's path has at most 107 bytes; the network's number is unique on this machine.
            RunDirectory = $"/run/mobula/{record.NetworkIndex}-{index}",
            Network = new ClusterNetwork(record.NetworkIndex),
            KubernetesVersion = record.KubernetesVersion,
            NodeNumber = index,
            Labels = node.Labels,
            // As in kind: a control plane keeps pods off when there are workers to take them.
            Taint = node.IsControlPlane && record.Nodes.Count > 1 ? "node-role.kubernetes.io/control-plane:NoSchedule" : null,
            // The nodes share the host's ports, as far as they go through rules.
            PortMappings = [.. record.Nodes.SelectMany(n => n.PortMappings)],
            Mounts = [.. node.Mounts.Select(m => new NodeMount(m.Outside, m.Inside))],
        };
    }

    /// <summary>Starts the agents, one after the other.</summary>
    public static async Task<ClusterNodes> StartAsync(
        ClusterDirectory directory, ClusterRecord record, ApiServerHost apiServer, ServerProgress progress, TimeProvider clock, ILogger log, CancellationToken cancellation)
    {
        var nodes = new ClusterNodes();
        try
        {
            foreach (var node in record.Nodes)
            {
                var began = clock.GetTimestamp();
                var api = Connect(apiServer, "kubelet", $"system:node:{node.Name}", "system:nodes");
                var proxyApi = Connect(apiServer, "kube-proxy", "system:kube-proxy", "system:node-proxier");
                var options = Options(directory, record, node);
                var address = options.Network.NodeAddress(options.NodeNumber);
                options = options with
                {
                    RoutedBy = nodes._agents.FirstOrDefault(),
                    ApiServer = new IPEndPoint(IPAddress.Parse(record.Address), record.Port),
                    Kubelet = new KubeletServerOptions
                    {
                        Address = address,
                        Certificate = apiServer.IssueServerCertificate(node.Name, address.ToString()),
                        ClientAuthority = X509Certificate2.CreateFromPem(apiServer.Admin.CertificateAuthorityPem),
                        ClientNames = new HashSet<string> { "kube-apiserver-kubelet-client" },
                    },
                };
                nodes._agents.Add(await NodeAgent.StartAsync(options, api, proxyApi, clock, log, cancellation).ConfigureAwait(false));
                if (node.IsControlPlane) await MarkControlPlaneAsync(Connect(apiServer, "mobula", "kubernetes-admin", "system:masters"), node.Name, cancellation).ConfigureAwait(false);
                // The image of the pods' own process is never pulled.
                foreach (var archive in ImageArchives.Find("pause")) await NodeImages.ImportAsync(options, archive, cancellation).ConfigureAwait(false);
                progress.Step($"node {node.Name}", ContainerTools.Versions, clock.GetElapsedTime(began));
            }
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Removes all that a node has put on this machine. Its server must have ended.</summary>
    /// <exception cref="UsageException">Something could not be removed; the message names it.</exception>
    public static async Task RemoveAsync(ClusterDirectory directory, ClusterRecord record, NodeRecord node)
    {
        var left = await NodeRemoval.RemoveAsync(Options(directory, record, node), TimeProvider.System, NullLogger.Instance).ConfigureAwait(false);
        if (left.Count > 0) throw new UsageException($"of node {node.Name} remain:\n{string.Join('\n', left)}\nRun the command again, or remove them by hand.");
    }

    /// <summary>Ends the agents; pods and containerd run on.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Enumerable.Reverse(_agents)) await agent.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Roles are labels that a node may not give itself.</summary>
    private static Task MarkControlPlaneAsync(KubernetesApi admin, string node, CancellationToken cancellation)
    {
        var labels = new JsonObject { ["node-role.kubernetes.io/control-plane"] = "", ["node.kubernetes.io/exclude-from-external-load-balancers"] = "" };
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } };
        return admin.PatchAsync(Client.Resources.Nodes, null, node, PatchType.Merge, patch, cancellation: cancellation);
    }

    private static KubernetesApi Connect(ApiServerHost apiServer, string fieldManager, string user, string group) =>
        new(new HttpClient(apiServer.CreateHandler(user, group)) { BaseAddress = apiServer.Endpoint, Timeout = Timeout.InfiniteTimeSpan }, fieldManager);
}
