namespace Mobula.Conversations.Tests;

/// <summary>The vendored recordings, and how many steps of each hold.</summary>
internal static class Testdata
{
    private static readonly string Folder = Find();

    public static string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>The conversations of an area, as <c>area/name</c>.</summary>
    public static IEnumerable<string> Area(string area) =>
        Directory.EnumerateFiles(Path(area), "*.json").Select(f => $"{area}/{System.IO.Path.GetFileNameWithoutExtension(f)}").Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            var folder = System.IO.Path.Combine(d.FullName, "tests", "Mobula.Conversations", "testdata");
            if (Directory.Exists(folder)) return folder;
        }
        throw new InvalidOperationException("tests/Mobula.Conversations/testdata is in no folder above the tests");
    }
}
