using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Services.Content;
using Mobula.Node.Containerd.Services.Diff;
using Mobula.Node.Containerd.Services.Images;
using Mobula.Node.Containerd.Services.Snapshots;
using Mobula.Node.Containerd.Services.Types;
using Leases = Mobula.Node.Containerd.Services.Leases;

namespace Mobula.Node.Images;

/// <summary>Brings images from archives into containerd, unpacked and ready for CRI to start containers from.</summary>
internal sealed class ImageImporter(ContainerdConnection containerd)
{
    private const string Snapshotter = "overlayfs";
    private const int ChunkSize = 1 << 20;

    /// <summary>
    /// Imports the images of an archive; those that are there already cost next to nothing. An image of the same name is replaced.
    /// </summary>
    /// <returns>The full names of the images, in the archive's order.</returns>
    /// <exception cref="InvalidDataException">The archive is not one, or is damaged.</exception>
    /// <exception cref="RpcException">containerd refused.</exception>
    public async Task<IReadOnlyList<string>> ImportAsync(string archivePath, CancellationToken cancellation)
    {
        using var archive = ImageArchive.Open(archivePath);
        var images = archive.Images();
        if (images.Count == 0) throw new InvalidDataException($"{archivePath} holds no image with a name");

        // What is written lives by the lease until the image refers to it; a lease left behind by a crash ends by itself.
        var lease = await containerd.Leases.CreateAsync(
            new Leases.CreateRequest { Id = $"mobula-import-{Guid.NewGuid():N}", Labels = { ["containerd.io/gc.expire"] = DateTimeOffset.UtcNow.AddHours(1).ToString("yyyy-MM-ddTHH:mm:ssZ") } },
            ContainerdConnection.InCriNamespace(),
            cancellationToken: cancellation).ConfigureAwait(false);
        try
        {
            var headers = ContainerdConnection.InCriNamespace(lease.Lease.Id);
            foreach (var image in images) await ImportAsync(image, headers, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await containerd.Leases.DeleteAsync(new Leases.DeleteRequest { Id = lease.Lease.Id }, ContainerdConnection.InCriNamespace(), cancellationToken: CancellationToken.None)
                .ConfigureAwait(false);
        }

        return [.. images.Select(i => i.Reference)];
    }

    private async Task ImportAsync(ArchivedImage image, Metadata headers, CancellationToken cancellation)
    {
        foreach (var layer in image.Layers) await WriteAsync(layer, [], headers, cancellation).ConfigureAwait(false);
        var top = "";
        for (var i = 0; i < image.Layers.Count; i++)
            top = await UnpackAsync(image.Layers[i], image.DiffIds[i], top, headers, cancellation).ConfigureAwait(false);

        // The labels are what containerd's garbage collector follows from the image's name down.
        await WriteAsync(image.Config, new() { [$"containerd.io/gc.ref.snapshot.{Snapshotter}"] = top }, headers, cancellation).ConfigureAwait(false);
        var references = new Dictionary<string, string> { ["containerd.io/gc.ref.content.config"] = image.Config.Digest };
        for (var i = 0; i < image.Layers.Count; i++) references[$"containerd.io/gc.ref.content.l.{i}"] = image.Layers[i].Digest;
        await WriteAsync(image.Manifest, references, headers, cancellation).ConfigureAwait(false);

        var entry = new Image { Name = image.Reference, Target = Descriptor(image.Manifest) };
        try
        {
            await containerd.ImageStore.CreateAsync(new CreateImageRequest { Image = entry }, headers, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            await containerd.ImageStore.UpdateAsync(
                new UpdateImageRequest { Image = entry, UpdateMask = new FieldMask { Paths = { "target" } } }, headers, cancellationToken: cancellation).ConfigureAwait(false);
        }

        await WaitUntilCriKnowsAsync(image.Reference, image.Config.Digest, cancellation).ConfigureAwait(false);
    }

    /// <summary>CRI learns of the image by an event of containerd's, some milliseconds later.</summary>
    private async Task WaitUntilCriKnowsAsync(string reference, string id, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            var status = await containerd.Images.ImageStatusAsync(
                new() { Image = new() { Image = reference } }, cancellationToken: cancellation).ConfigureAwait(false);
            if (status.Image?.Id == id) return;
            await Task.Delay(10, cancellation).ConfigureAwait(false);
        }

        throw new InvalidDataException($"containerd has the image {reference}, but CRI does not see it");
    }

    private async Task WriteAsync(Blob blob, Dictionary<string, string> labels, Metadata headers, CancellationToken cancellation)
    {
        if (await IsThereAsync(blob, labels, headers, cancellation).ConfigureAwait(false)) return;
        using var call = containerd.Content.Write(headers, cancellationToken: cancellation);
        var reference = $"mobula-{blob.Digest}-{Guid.NewGuid():N}";
        try
        {
            await using var content = blob.Open();
            long offset = 0;
            var chunk = new byte[(int)Math.Min(ChunkSize, Math.Max(blob.Size, 1))];
            int read;
            while ((read = await content.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false)) > 0)
            {
                await SendAsync(call, new WriteContentRequest
                {
                    Action = WriteAction.Write,
                    Ref = reference,
                    Total = blob.Size,
                    Expected = blob.Digest,
                    Offset = offset,
                    Data = UnsafeByteOperations.UnsafeWrap(chunk.AsMemory(0, read)),
                }).ConfigureAwait(false);
                offset += read;
            }

            await SendAsync(call, new WriteContentRequest
            {
                Action = WriteAction.Commit,
                Ref = reference,
                Total = blob.Size,
                Expected = blob.Digest,
                Offset = offset,
                Labels = { labels },
            }).ConfigureAwait(false);
            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            // Somebody else wrote it at the same time.
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
        {
            throw new InvalidDataException($"the archive is damaged: blob {blob.Digest}: {e.Status.Detail}", e);
        }
    }

    /// <summary>One message at a time: containerd answers each, and a chunk's buffer is free again then.</summary>
    private static async Task SendAsync(AsyncDuplexStreamingCall<WriteContentRequest, WriteContentResponse> call, WriteContentRequest request)
    {
        try
        {
            await call.RequestStream.WriteAsync(request).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // The reason comes with the answer.
        }

        if (!await call.ResponseStream.MoveNext().ConfigureAwait(false))
            throw new InvalidDataException("containerd ended the transfer of a blob early");
    }

    private async Task<bool> IsThereAsync(Blob blob, Dictionary<string, string> labels, Metadata headers, CancellationToken cancellation)
    {
        try
        {
            if (labels.Count == 0)
            {
                await containerd.Content.InfoAsync(new InfoRequest { Digest = blob.Digest }, headers, cancellationToken: cancellation).ConfigureAwait(false);
            }
            else
            {
                var request = new UpdateRequest { Info = new() { Digest = blob.Digest, Labels = { labels } }, UpdateMask = new FieldMask() };
                request.UpdateMask.Paths.Add(labels.Keys.Select(k => "labels." + k));
                await containerd.Content.UpdateAsync(request, headers, cancellationToken: cancellation).ConfigureAwait(false);
            }

            await containerd.Leases.AddResourceAsync(
                new Leases.AddResourceRequest { Id = headers.GetValue("containerd-lease"), Resource = new() { Id = blob.Digest, Type = "content" } },
                headers,
                cancellationToken: cancellation).ConfigureAwait(false);
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Unpacks a layer onto its parent and returns the name of the result, which says what is in it.</summary>
    private async Task<string> UnpackAsync(Blob layer, string diffId, string parent, Metadata headers, CancellationToken cancellation)
    {
        var name = parent.Length == 0 ? diffId : LayerFile.Sha256(Encoding.UTF8.GetBytes($"{parent} {diffId}"));
        try
        {
            await containerd.Snapshots.StatAsync(new StatSnapshotRequest { Snapshotter = Snapshotter, Key = name }, headers, cancellationToken: cancellation)
                .ConfigureAwait(false);
            return name;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
        }

        var key = $"extract-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))} {name}";
        var prepared = await containerd.Snapshots.PrepareAsync(
            new PrepareSnapshotRequest { Snapshotter = Snapshotter, Key = key, Parent = parent }, headers, cancellationToken: cancellation).ConfigureAwait(false);
        try
        {
            var applied = await containerd.Diff.ApplyAsync(
                new ApplyRequest { Diff = Descriptor(layer), Mounts = { prepared.Mounts } }, headers, cancellationToken: cancellation).ConfigureAwait(false);
            if (applied.Applied.Digest != diffId)
                throw new InvalidDataException($"the archive is damaged: layer {layer.Digest} unpacks to {applied.Applied.Digest}, not to {diffId}");
            await containerd.Snapshots.CommitAsync(
                new CommitSnapshotRequest { Snapshotter = Snapshotter, Name = name, Key = key }, headers, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            await RemoveSnapshotAsync(key, headers).ConfigureAwait(false);
        }
        catch
        {
            await RemoveSnapshotAsync(key, headers).ConfigureAwait(false);
            throw;
        }

        return name;
    }

    private async Task RemoveSnapshotAsync(string key, Metadata headers) => await containerd.Snapshots.RemoveAsync(
        new RemoveSnapshotRequest { Snapshotter = Snapshotter, Key = key }, headers, cancellationToken: CancellationToken.None).ConfigureAwait(false);

    private static OciDescriptor Descriptor(Blob blob) => new() { MediaType = blob.MediaType, Digest = blob.Digest, Size = blob.Size };
}
