using Mobula.Node.Network;

namespace Mobula.Cli.Clusters;

/// <summary>
/// Which cluster has which network of this machine: a file for each, named by the network's number, that holds the cluster's folder.
/// Clusters of other data directories and other users count too, from before their bridge is there.
/// </summary>
/// <param name="folder">Where the files are; gone after a restart of the machine, as bridges are.</param>
/// <param name="time">The clock.</param>
/// <param name="firstFree">The first network beside these that the machine does not use.</param>
internal sealed class NetworkClaims(string folder, TimeProvider time, Func<IReadOnlySet<int>, int> firstFree)
{
    /// <summary>A claim is made before its cluster's record is written; only an older one may be of a cluster that is gone.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>The claims of this machine.</summary>
    public static NetworkClaims OfMachine { get; } = new("/run/mobula/networks", TimeProvider.System, taken => ClusterNetwork.FirstFree(taken).Index);

    /// <summary>Claims the first network that nobody has.</summary>
    /// <param name="directory">The cluster.</param>
    /// <param name="taken">Networks that clusters hold whose server does not run, so that they may have lost their claim.</param>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public int Take(ClusterDirectory directory, IEnumerable<int> taken)
    {
        Directory.CreateDirectory(folder);
        var passed = taken.ToHashSet();
        while (true)
        {
            var index = firstFree(passed);
            var path = PathOf(index);
            try
            {
                using var claim = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write));
                claim.Write(directory.Root);
                return index;
            }
            catch (IOException) when (File.Exists(path))
            {
                if (IsAbandoned(path)) File.Delete(path);
                else passed.Add(index);
            }
        }
    }

    /// <summary>The network that a cluster has; null when it has none.</summary>
    public int? Find(ClusterDirectory directory)
    {
        for (var index = 0; index < ClusterNetwork.MaximumClusters; index++)
        {
            if (IsOf(directory, index)) return index;
        }
        return null;
    }

    /// <summary>Gives a network back, if the cluster has it.</summary>
    public void Release(ClusterDirectory directory, int index)
    {
        if (IsOf(directory, index)) File.Delete(PathOf(index));
    }

    private bool IsOf(ClusterDirectory directory, int index) => File.Exists(PathOf(index)) && File.ReadAllText(PathOf(index)) == directory.Root;

    private string PathOf(int index) => Path.Combine(folder, $"{index}");

    private bool IsAbandoned(string path) =>
        time.GetUtcNow() - File.GetLastWriteTimeUtc(path) > Grace && (File.ReadAllText(path) is not { Length: > 0 } root || !new ClusterDirectory(root).Exists);
}
