using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Node;

/// <summary>Unpacks the folders that runtime environments name, once per package and node.</summary>
internal sealed class Packages(NodeOptions options, Func<string, Task<byte[]?>> fetch)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _unpacked = new();

    /// <summary>The folder to run in, or null when the environment names none. Throws when it cannot be had.</summary>
    public async Task<string?> WorkingDirectoryAsync(JsonObject environment)
    {
        if (environment.TextOrNull("working_dir") is not { Length: > 0 } uri) return null;
        if (!uri.StartsWith("gcs://", StringComparison.Ordinal)) return Directory.Exists(uri) ? uri : throw new InvalidOperationException($"{uri} is not a valid path.");
        var task = _unpacked.GetOrAdd(uri, u => new(() => UnpackAsync(u)));
        try
        {
            return await task.Value;
        }
        catch
        {
            _unpacked.TryRemove(uri, out _);
            throw;
        }
    }

    public async Task<IReadOnlyList<string>> ModulesAsync(JsonObject environment)
    {
        var folders = new List<string>();
        foreach (var uri in environment.Texts("py_modules"))
            if (await WorkingDirectoryAsync(new() { ["working_dir"] = uri }) is { } folder) folders.Add(folder);
        return folders;
    }

    private async Task<string> UnpackAsync(string uri)
    {
        var name = Path.GetFileName(uri["gcs://".Length..]);
        var bytes = await fetch(uri) ?? throw new InvalidOperationException(
            $"Failed to download runtime_env file package {uri} from the GCS to the Ray worker node. The package may have prematurely been deleted from the GCS due to a long upload time or a problem with Ray.");
        var folder = Path.Combine(options.SessionDir, "runtime_resources", "working_dir_files", Path.GetFileNameWithoutExtension(name));
        var fresh = folder + "." + Guid.NewGuid().ToString("N");
        Directory.CreateDirectory(fresh);
        using (var zip = new ZipArchive(new MemoryStream(bytes))) zip.ExtractToDirectory(fresh);
        try
        {
            Directory.Move(fresh, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another node of this machine was first.
            Directory.Delete(fresh, recursive: true);
        }
        return folder;
    }
}
