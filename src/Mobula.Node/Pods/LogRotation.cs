using System.Globalization;
using System.IO.Compression;
using Grpc.Core;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>
/// Keeps the logs of running containers within bounds: a log that has grown too large gets a time into its name, the container goes
/// on in a new one, and older ones are compressed and at last deleted. Sizes and counts are the kubelet's.
/// </summary>
/// <param name="runtime">Told to go on in a new file.</param>
/// <param name="time">The clock.</param>
/// <param name="mostBytes">A larger log is rotated.</param>
/// <param name="mostFiles">Of one instance, with the one being written; at least 2.</param>
internal sealed class LogRotation(ContainerdConnection runtime, TimeProvider time, long mostBytes = 10L << 20, int mostFiles = 5)
{
    /// <summary>By itself .NET takes <c>a.log.*</c> to mean <c>a.log</c> too.</summary>
    private static readonly EnumerationOptions Literal = new() { MatchType = MatchType.Simple };

    /// <summary>How often logs are looked at.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>The rotated logs of a log, the newest first.</summary>
    public static IReadOnlyList<string> Rotated(string path) => Directory.Exists(Path.GetDirectoryName(path))
        ? [.. Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}.*", Literal).OrderDescending(StringComparer.Ordinal)] : [];

    /// <summary>Rotates a log if it is too large.</summary>
    /// <returns>Whether it was.</returns>
    /// <exception cref="IOException">The files cannot be moved.</exception>
    /// <exception cref="RpcException">The runtime does not go on in a new file; the log is as it was.</exception>
    public async Task<bool> RotateAsync(string containerId, string path, CancellationToken cancellation)
    {
        if (path.Length == 0 || new FileInfo(path) is not { Exists: true } file || file.Length <= mostBytes) return false;
        // Place is made for the one that is to be moved; the one being written counts too.
        var old = Rotated(path);
        foreach (var surplus in old.Skip(Math.Max(0, mostFiles - 2)).Concat(old.Where(f => f.EndsWith(".tmp", StringComparison.Ordinal)))) File.Delete(surplus);
        foreach (var plain in Rotated(path).Where(f => !f.EndsWith(".gz", StringComparison.Ordinal))) await CompressAsync(plain, cancellation).ConfigureAwait(false);
        var moved = $"{path}.{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
        File.Move(path, moved);
        try
        {
            await runtime.Runtime.ReopenContainerLogAsync(new ReopenContainerLogRequest { ContainerId = containerId }, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // The container still writes to the file of the old name.
            if (!File.Exists(path)) File.Move(moved, path);
            throw;
        }
        return true;
    }

    private static async Task CompressAsync(string plain, CancellationToken cancellation)
    {
        var unfinished = $"{plain}.tmp";
        await using (var from = File.OpenRead(plain))
        await using (var to = new GZipStream(File.Create(unfinished), CompressionLevel.Fastest))
            await from.CopyToAsync(to, cancellation).ConfigureAwait(false);
        File.Move(unfinished, $"{plain}.gz", overwrite: true);
        File.Delete(plain);
    }
}
