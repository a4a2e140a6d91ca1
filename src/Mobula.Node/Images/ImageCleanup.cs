using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Mobula.Client;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Images;

/// <summary>An image that the runtime keeps.</summary>
/// <param name="Id">The runtime's.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="CanBePulled">It came from a registry, so that it can come again; what was imported from an archive cannot.</param>
internal sealed record StoredImage(string Id, long Bytes, bool CanBePulled);

/// <summary>Removes images that no container uses when the disk fills up, those first that were not used for the longest time.</summary>
/// <param name="runtime">Keeps the images.</param>
/// <param name="events">Takes what people should know.</param>
/// <param name="settings">The node's.</param>
/// <param name="folder">A folder on the disk of the images.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For people who look for trouble.</param>
internal sealed class ImageCleanup(ContainerdConnection runtime, EventRecorder events, NodeSettings settings, string folder, TimeProvider time, ILogger logger)
{
    /// <summary>Cleaning begins when this share of the disk is used, in percent.</summary>
    internal const int HighPercent = 85;

    /// <summary>And it ends at this one.</summary>
    internal const int LowPercent = 80;

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    /// <summary>What was only just pulled waits for its container.</summary>
    private static readonly TimeSpan LeastAge = TimeSpan.FromMinutes(2);

    private readonly Dictionary<string, DateTimeOffset> _firstSeen = [];
    private readonly Dictionary<string, DateTimeOffset> _lastUsed = [];

    /// <summary>Cleans up now and then until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var drive = new DriveInfo(folder);
                await CleanAsync(drive.TotalSize, drive.AvailableFreeSpace, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or RpcException && !cancellation.IsCancellationRequested)
            {
                logger.LogDebug("images could not be cleaned up: {Error}", e.Message);
            }
            await Task.Delay(Period, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>How many bytes are to be freed: none below the high mark, and from there on down to the low one.</summary>
    internal static long Wanted(long capacity, long available) =>
        capacity <= 0 || (capacity - available) * 100 / capacity < HighPercent ? 0 : Math.Max(0, capacity * (100 - LowPercent) / 100 - available);

    /// <summary>The images to remove, in their order.</summary>
    /// <param name="images">All.</param>
    /// <param name="used">The ids of those that containers have.</param>
    /// <param name="lastUsed">When an image was last seen with a container; the earliest time for none.</param>
    /// <param name="firstSeen">When an image was seen first.</param>
    /// <param name="bytes">How much is to be freed.</param>
    /// <param name="now">The time.</param>
    internal static IReadOnlyList<StoredImage> Plan(
        IEnumerable<StoredImage> images, IReadOnlySet<string> used, Func<string, DateTimeOffset> lastUsed, Func<string, DateTimeOffset> firstSeen, long bytes, DateTimeOffset now)
    {
        var remove = new List<StoredImage>();
        foreach (var image in images.Where(i => i.CanBePulled && !used.Contains(i.Id) && now - firstSeen(i.Id) >= LeastAge).OrderBy(i => lastUsed(i.Id)).ThenBy(i => firstSeen(i.Id)))
        {
            if (bytes <= 0) break;
            remove.Add(image);
            bytes -= image.Bytes;
        }
        return remove;
    }

    /// <summary>Looks at the images, and removes some if the disk is too full.</summary>
    internal async Task CleanAsync(long capacity, long available, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var listed = await runtime.Images.ListImagesAsync(new ListImagesRequest(), cancellationToken: cancellation).ConfigureAwait(false);
        var containers = await runtime.Runtime.ListContainersAsync(new ListContainersRequest(), cancellationToken: cancellation).ConfigureAwait(false);
        var used = containers.Containers.SelectMany(c => (string[])[c.ImageRef, c.Image?.Image ?? ""]).ToHashSet();
        var images = listed.Images.Select(i => new StoredImage(i.Id, (long)i.Size, i.RepoDigests.Count > 0 && !i.Pinned)).ToList();
        foreach (var image in listed.Images)
        {
            _firstSeen.TryAdd(image.Id, now);
            if (!used.Contains(image.Id) && !image.RepoDigests.Concat(image.RepoTags).Any(used.Contains)) continue;
            used.Add(image.Id);
            _lastUsed[image.Id] = now;
        }
        foreach (var gone in _firstSeen.Keys.Except(images.Select(i => i.Id)).ToList())
        {
            _firstSeen.Remove(gone);
            _lastUsed.Remove(gone);
        }
        var wanted = Wanted(capacity, available);
        if (wanted == 0) return;
        var freed = 0L;
        foreach (var image in Plan(images, used, id => _lastUsed.GetValueOrDefault(id), id => _firstSeen[id], wanted, now))
        {
            await runtime.Images.RemoveImageAsync(new RemoveImageRequest { Image = new ImageSpec { Image = image.Id } }, cancellationToken: cancellation).ConfigureAwait(false);
            freed += image.Bytes;
        }
        logger.LogInformation("the disk of the images is full to {Percent} %; {Freed} bytes of unused images were removed", (capacity - available) * 100 / capacity, freed);
        if (freed >= wanted) return;
        events.Record(new(
            new JsonObject { ["kind"] = "Node", ["name"] = settings.NodeName, ["uid"] = settings.NodeName, ["apiVersion"] = "v1" }, "Warning", "FreeDiskSpaceFailed",
            $"Failed to garbage collect required amount of images. Attempted to free {wanted} bytes, but only found {freed} bytes eligible to free."));
    }
}
