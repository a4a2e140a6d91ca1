using System.Reflection;

namespace Mobula.Cli.Tutorials;

/// <summary>A folder of its own for a tutorial, with the samples that this program carries, and its kubeconfig.</summary>
internal sealed class TutorialFolder : IDisposable
{
    private const string ResourcePrefix = "samples/";
    private bool _isKept;

    private TutorialFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The kubeconfig, so that the user's own stays untouched.</summary>
    public string Kubeconfig => System.IO.Path.Combine(Path, "kubeconfig");

    /// <summary>Makes a folder and writes the samples into it.</summary>
    public static TutorialFolder Create()
    {
        var folder = new TutorialFolder(Directory.CreateTempSubdirectory("mobula-tutorial-").FullName);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            var target = System.IO.Path.Combine(folder.Path, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            using var resource = assembly.GetManifestResourceStream(name)!;
            using var file = File.Create(target);
            resource.CopyTo(file);
        }
        return folder;
    }

    /// <summary>Leaves the folder where it is.</summary>
    public void Keep() => _isKept = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isKept) Directory.Delete(Path, recursive: true);
    }
}
