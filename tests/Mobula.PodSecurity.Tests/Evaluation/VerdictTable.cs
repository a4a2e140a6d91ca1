using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Tests.Evaluation;

/// <summary>Pods with what Kubernetes' library says of them, one a line.</summary>
internal static class VerdictTable
{
    public const int NewestMinor = 37;

    public static IEnumerable<PodSecurityVersion> Versions =>
        Enumerable.Range(0, NewestMinor + 1).Select(m => PodSecurityVersion.OfMinor(m)).Append(PodSecurityVersion.Latest);

    public static IEnumerable<JsonObject> ReadVendored(string name)
    {
        using var file = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "testdata", name)), CompressionMode.Decompress);
        using var lines = new StreamReader(file, Encoding.UTF8);
        while (lines.ReadLine() is { } line) yield return (JsonObject)JsonNode.Parse(line)!;
    }

    /// <summary>A file of the folder <c>shared</c> that stands beside the repository, or null.</summary>
    public static string? FindShared(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "shared", path);
            if (File.Exists(file)) return file;
        }
        return null;
    }

    /// <summary>Every evaluation of the rows that differs from the table, in words.</summary>
    public static (int Evaluations, List<string> Differences) Compare(IEnumerable<JsonObject> rows)
    {
        var evaluations = 0;
        List<string> differences = [];
        foreach (var row in rows)
        {
            var pod = row.Object("pod")!;
            var json = pod.ToUtf8();
            var facts = PodFacts.Read(json);
            foreach (var level in new[] { PodSecurityLevel.Baseline, PodSecurityLevel.Restricted })
            {
                foreach (var version in Versions)
                {
                    evaluations++;
                    var expected = row.Objects("verdicts").FirstOrDefault(v => v.Text("level") == level.Word && Covers(v.Text("versions")!, version));
                    var verdict = PodSecurityEvaluator.Default.Evaluate(facts, new(level, version));
                    var allowed = expected?.Flag("allowed") ?? true;
                    if (verdict.IsAllowed == allowed && (allowed || (verdict.Reasons == expected!.Text("reason") && verdict.Details == expected!.Text("detail")))) continue;
                    differences.Add($"{pod.Name} {new LevelVersion(level, version)}\n  expected {expected?.ToJsonString() ?? "allowed"}\n  got {verdict.Reasons} | {verdict.Details}");
                }
            }
        }
        return (evaluations, differences);
    }

    private static bool Covers(string versions, PodSecurityVersion version)
    {
        var ends = versions.Split('-');
        Assert.True(PodSecurityVersion.TryParse(ends[0], out var first) & PodSecurityVersion.TryParse(ends[^1], out var last));
        return version.CompareTo(first) >= 0 && version.CompareTo(last) <= 0;
    }
}
