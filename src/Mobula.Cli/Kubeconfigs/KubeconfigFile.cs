namespace Mobula.Cli.Kubeconfigs;

/// <summary>A kubeconfig on disk: changed under kubectl's lock, replaced as a whole, readable by its owner alone.</summary>
/// <param name="path">The file.</param>
internal sealed class KubeconfigFile(string path)
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>
    /// The file kubectl would write: <paramref name="explicitPath"/>, or the first of <c>KUBECONFIG</c> that exists (the
    /// last one when none does), or <c>~/.kube/config</c>.
    /// </summary>
    public static KubeconfigFile Default(string? explicitPath)
    {
        if (!string.IsNullOrEmpty(explicitPath)) return new(System.IO.Path.GetFullPath(explicitPath));
        var paths = (Environment.GetEnvironmentVariable("KUBECONFIG") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        if (paths.Length > 0) return new(System.IO.Path.GetFullPath(paths.FirstOrDefault(File.Exists) ?? paths[^1]));
        return new(System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config"));
    }

    /// <summary>Reads the file; one that does not exist is an empty kubeconfig.</summary>
    /// <exception cref="UsageException">The file is no kubeconfig.</exception>
    public KubeconfigDocument Read() => KubeconfigDocument.Parse(path, File.Exists(path) ? File.ReadAllText(path) : "");

    /// <summary>Puts the entries of a cluster in.</summary>
    public void Put(KubeconfigEntry entry) => Change(document =>
    {
        document.Put(entry);
        return true;
    });

    /// <summary>Takes the entries of a cluster out.</summary>
    public void Remove(string name)
    {
        if (File.Exists(path)) Change(document => document.Remove(name));
    }

    private void Change(Func<KubeconfigDocument, bool> change)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        // A link stays a link: what it points to is replaced.
        var target = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        using var held = TakeLock(path + ".lock");
        var document = Read();
        if (!change(document)) return;
        var temporary = $"{target}.{Environment.ProcessId}.tmp";
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = File.Exists(target) ? File.GetUnixFileMode(target) : UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(document.ToString());
        }
        File.Move(temporary, target, overwrite: true);
    }

    private static FileStream TakeLock(string lockPath)
    {
        var deadline = DateTime.UtcNow + LockPatience;
        while (true)
        {
            try
            {
                return new(lockPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException)
            {
                if (DateTime.UtcNow > deadline) throw new UsageException($"{lockPath} is held by another program, or was left by one that died.\nRemove it if no kubectl or mobula runs.");
                Thread.Sleep(50);
            }
        }
    }
}
