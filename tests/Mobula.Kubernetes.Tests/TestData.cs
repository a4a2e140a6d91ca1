using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Tests;

/// <summary>Files of the folder testdata.</summary>
internal static class TestData
{
    public static JsonObject Object(string name) => (JsonObject)JsonNode.Parse(File.ReadAllBytes(Path(name)))!;

    /// <summary>The objects of a compressed file, one a line.</summary>
    public static IEnumerable<JsonObject> Rows(string name)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path(name)), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return (JsonObject)JsonNode.Parse(line)!;
    }

    private static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "testdata", name);
}
