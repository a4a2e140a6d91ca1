namespace Mobula.Cli.KindConfiguration;

/// <summary>
/// Where a path of the API server lies on the host: it goes through the API server's volumes into the node, and through
/// the node's mounts to the host, as in kind.
/// </summary>
internal static class MountedPaths
{
    /// <summary>Finds the place on the host.</summary>
    /// <param name="path">An absolute path as the API server's flags name it.</param>
    /// <param name="apiServerVolumes">From the node into the API server.</param>
    /// <param name="nodeMounts">From the host into the node; a relative outside path starts at the working directory.</param>
    /// <param name="workingDirectory">The working directory, absolute.</param>
    /// <returns>The absolute path on the host; null when the path stays inside the node.</returns>
    public static string? OnHost(string path, IReadOnlyList<PathMount> apiServerVolumes, IReadOnlyList<PathMount> nodeMounts, string workingDirectory)
    {
        // A path under no volume is private to the API server's container in kind; here it may as well be the node's.
        var inNode = Resolve(path, apiServerVolumes) ?? path;
        var onHost = Resolve(inNode, nodeMounts);
        return onHost is null ? null : Path.GetFullPath(onHost, workingDirectory);
    }

    /// <summary>The longest mount that holds the path decides.</summary>
    private static string? Resolve(string path, IReadOnlyList<PathMount> mounts)
    {
        var mount = mounts.Where(m => Holds(m.Inside, path)).MaxBy(m => m.Inside.TrimEnd('/').Length);
        if (mount is null) return null;
        var rest = path[mount.Inside.TrimEnd('/').Length..].TrimStart('/');
        return rest.Length == 0 ? mount.Outside : Path.Combine(mount.Outside, rest);
    }

    private static bool Holds(string directory, string path)
    {
        var prefix = directory.TrimEnd('/');
        return path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/');
    }
}
