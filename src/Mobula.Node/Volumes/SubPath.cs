namespace Mobula.Node.Volumes;

/// <summary>Resolves the links on a path inside a volume.</summary>
internal static class SubPath
{
    private const int MaximumLinks = 40;

    /// <summary>The path without links, relative to the root; null when it leads out of the root.</summary>
    /// <exception cref="IOException">Too many links, or not readable.</exception>
    public static string? Resolve(string root, string path)
    {
        var done = new List<string>();
        var todo = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var links = 0;
        while (todo.TryPop(out var part))
        {
            if (part == ".") continue;
            if (part == "..")
            {
                if (done.Count == 0) return null;
                done.RemoveAt(done.Count - 1);
                continue;
            }
            var full = Path.Combine([root, .. done, part]);
            if (new FileInfo(full).LinkTarget is not { } target)
            {
                done.Add(part);
                continue;
            }
            if (++links > MaximumLinks) throw new IOException($"too many links on the way to {path}");
            // An absolute target is one of the host: only what lies in the volume may be meant.
            if (target.StartsWith('/'))
            {
                if (target != root && !target.StartsWith(root + "/", StringComparison.Ordinal)) return null;
                done.Clear();
                target = target[root.Length..];
            }
            foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) todo.Push(step);
        }
        return string.Join('/', done);
    }
}
