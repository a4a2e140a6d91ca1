namespace Mobula.RayRuntime.Node;

/// <summary>
/// The store's files: one per object, named by its id, in shared memory; one that does not fit there is a symbolic link to a file
/// of the session's folder.
/// </summary>
internal static class ObjectFiles
{
    public static string? PathOf(string storeDir, string id)
    {
        if (id.Length is 0 or > 64 || !id.All(char.IsAsciiHexDigitLower)) return null;
        var path = Path.Combine(storeDir, id);
        return File.Exists(path) ? path : null;
    }

    public static void Delete(string storeDir, string id)
    {
        if (PathOf(storeDir, id) is not { } path) return;
        if (new FileInfo(path).LinkTarget is { } target) File.Delete(target);
        File.Delete(path);
    }

    public static void DeleteStore(NodeOptions options)
    {
        try
        {
            if (Directory.Exists(options.StoreDir)) Directory.Delete(options.StoreDir, recursive: true);
            var file = Path.Combine(options.SessionDir, $"node_{options.NodeId}.json");
            File.Delete(file);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"{options.StoreDir} could not be removed: {e.Message}");
        }
    }

    public static long Used(string storeDir) =>
        Directory.Exists(storeDir) ? new DirectoryInfo(storeDir).EnumerateFiles().Sum(f => { try { return f.Length; } catch (FileNotFoundException) { return 0; } }) : 0;
}
