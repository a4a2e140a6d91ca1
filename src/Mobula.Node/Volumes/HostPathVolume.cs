namespace Mobula.Node.Volumes;

/// <summary>Checks, and makes if asked for, what a hostPath volume names.</summary>
internal static class HostPathVolume
{
    /// <exception cref="VolumeException">It is not what <c>type</c> says.</exception>
    public static void Check(string path, string type)
    {
        switch (type)
        {
            case "":
                if (!Path.Exists(path)) Directory.CreateDirectory(path);
                break;
            case "DirectoryOrCreate":
                if (!Path.Exists(path)) Directory.CreateDirectory(path);
                Demand(Directory.Exists(path), path, "a directory");
                break;
            case "FileOrCreate":
                if (!Path.Exists(path)) File.WriteAllBytes(path, []);
                Demand(File.Exists(path), path, "a file");
                break;
            case "Directory":
                Demand(Directory.Exists(path), path, "a directory");
                break;
            case "File":
                Demand(File.Exists(path) && IsRegular(path), path, "a file");
                break;
            case "Socket":
                Demand(Path.Exists(path), path, "a socket file");
                break;
            case "CharDevice":
                Demand(Path.Exists(path), path, "a character device");
                break;
            case "BlockDevice":
                Demand(Path.Exists(path), path, "a block device");
                break;
            default:
                throw new VolumeException($"hostPath type check failed: {type} is an invalid volume type");
        }
    }

    private static bool IsRegular(string path) => (File.GetAttributes(path) & FileAttributes.Device) == 0;

    private static void Demand(bool fulfilled, string path, string what)
    {
        if (fulfilled) return;
        var why = Path.Exists(path) ? "" : $", unable to determine its type: path \"{path}\" does not exist";
        throw new VolumeException($"hostPath type check failed, {path} is not {what}{why}");
    }
}
