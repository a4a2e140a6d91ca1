namespace Mobula.Cli.Clusters;

/// <summary>Finds the archives of Mobula's own images, as <c>deploy/images/build</c> makes them.</summary>
internal static class ImageArchives
{
    /// <summary>The variable that names the folder of the archives.</summary>
    public const string Variable = "MOBULA_IMAGES";

    /// <summary>The archives of some images.</summary>
    /// <exception cref="UsageException">One is missing.</exception>
    public static IReadOnlyList<string> Find(params IEnumerable<string> names) => [.. names.Select(FindOne)];

    private static string FindOne(string name)
    {
        var folders = new[]
        {
            Environment.GetEnvironmentVariable(Variable),
            Path.Combine(AppContext.BaseDirectory, "images"),
            Path.Combine(AppContext.BaseDirectory, "..", "images"),
            "/usr/share/mobula/images",
        };
        return folders.Where(f => !string.IsNullOrEmpty(f)).Select(f => Path.GetFullPath(Path.Combine(f!, name + ".tar"))).FirstOrDefault(File.Exists)
            ?? throw new UsageException($"the image archive {name}.tar is not there.\nBuild it with:  deploy/images/build {name}   and name its folder in {Variable}");
    }
}
