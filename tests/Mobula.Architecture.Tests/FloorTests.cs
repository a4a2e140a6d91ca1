using System.Xml.Linq;

namespace Mobula.Architecture.Tests;

/// <summary>The floors of the house (ARCHITECTURE.md): a project uses only floors below its own.</summary>
public sealed class FloorTests
{
    private static readonly Dictionary<string, int> Floors = new()
    {
        ["Mobula.Kubernetes"] = 0,
        ["Mobula.PodSecurity"] = 1,
        ["Mobula.Audit"] = 1,
        ["Mobula.Ray"] = 1,
        ["Mobula.Client"] = 1,
        ["Mobula.ApiServer"] = 2,
        ["Mobula.Controllers"] = 2,
        ["Mobula.Node"] = 2,
        ["Mobula.RayOperator"] = 2,
        ["Mobula.RayRuntime"] = 2,
        ["Mobula.PodSecurity.Webhook"] = 2,
        ["Mobula.Cli"] = 3,
    };

    private static readonly string Repository = FindRepository();

    public static TheoryData<string> Projects => [.. Directory.EnumerateDirectories(Path.Combine(Repository, "src")).Select(d => Path.GetFileName(d)!).Where(n => n.StartsWith("Mobula.", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_uses_only_lower_floors(string project)
    {
        Assert.True(Floors.ContainsKey(project), $"{project} stands on no floor: give it one here and in ARCHITECTURE.md");
        foreach (var used in References(project))
        {
            Assert.True(Floors[used] < Floors[project], $"{project} (floor {Floors[project]}) uses {used} (floor {Floors[used]})");
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_has_tests_of_its_name(string project) =>
        Assert.True(File.Exists(Path.Combine(Repository, "tests", $"{project}.Tests", $"{project}.Tests.csproj")), $"tests/{project}.Tests is missing");

    [Fact]
    public void Ground_floor_does_no_io()
    {
        string[] forbidden = ["System.Net.Http", "Socket(", "TcpClient", "UdpClient", "Dns.", "System.Diagnostics.Process", "File.Read", "File.Write", "File.Open", "DateTime.UtcNow", "DateTimeOffset.UtcNow", "DateTime.Now"];
        var found =
            from file in Directory.EnumerateFiles(Path.Combine(Repository, "src", "Mobula.Kubernetes"), "*.cs", SearchOption.AllDirectories)
            from line in File.ReadLines(file).Select((text, i) => (Text: text, Number: i + 1))
            from word in forbidden
            where line.Text.Contains(word, StringComparison.Ordinal) && !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
            select $"{Path.GetRelativePath(Repository, file)}:{line.Number}: {word}";
        Assert.Empty(found);
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(Repository, "src", project, $"{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

    private static string FindRepository()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Mobula.slnx"))) return d.FullName;
        }
        throw new InvalidOperationException("Mobula.slnx is in no folder above the tests");
    }
}
