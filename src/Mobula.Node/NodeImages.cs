using Grpc.Core;
using Mobula.Node.Containerd;
using Mobula.Node.Images;

namespace Mobula.Node;

/// <summary>The images of a node that runs, as seen from another process on the same machine.</summary>
public static class NodeImages
{
    /// <summary>Imports the images of an archive (docker's or OCI's layout); an image of the same name is replaced.</summary>
    /// <param name="node">The node, as its agent was started.</param>
    /// <param name="archivePath">The archive.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The full names of the images, in the archive's order.</returns>
    /// <exception cref="InvalidDataException">The archive is not one, or is damaged.</exception>
    /// <exception cref="IOException">containerd cannot be reached, or refused.</exception>
    public static async Task<IReadOnlyList<string>> ImportAsync(NodeAgentOptions node, string archivePath, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        using var connection = new ContainerdConnection(node.ToContainerd().Socket);
        try
        {
            return await new ImageImporter(connection).ImportAsync(archivePath, cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Cancelled)
        {
            throw new IOException($"containerd of node {node.NodeName}: {e.Status.Detail}", e);
        }
    }
}
