using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray.Definitions;
using Mobula.RayOperator.Install;

namespace Mobula.RayOperator.Tests.Install;

/// <summary>
/// The files in <c>deploy/</c> are written from the same source as <c>mobula install operator</c>. To write them anew, run
/// these tests with MOBULA_WRITE_DEPLOY=1.
/// </summary>
public class DeployFilesTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Definitions_are_those_of_the_program()
    {
        foreach (var definition in RayDefinitions.All()) Check($"deploy/crds/{definition.Name}.yaml", [definition]);
    }

    [Fact]
    public void Operator_base_is_that_of_the_program() =>
        Check("deploy/operator/operator.yaml", OperatorManifests.WithoutDefinitions(new("mobula-system")));

    [Fact]
    public void Definitions_fit_into_the_annotation_of_a_client_side_apply()
    {
        foreach (var definition in RayDefinitions.All()) Assert.InRange(definition.ToUtf8().Length, 1000, 262_144);
    }

    [Fact]
    public void Installation_is_applied_in_order()
    {
        var kinds = OperatorManifests.All(new("x") { OwnNamespaceOnly = true, Flags = ["--pod-security-defaults=false"] }).Select(o => o.Kind).ToArray();
        Assert.Equal("CustomResourceDefinition", kinds[0]);
        Assert.Equal("Deployment", kinds[^1]);
        Assert.DoesNotContain("ClusterRole", kinds);
    }

    private static void Check(string file, IEnumerable<JsonObject> objects)
    {
        var path = Path.Combine(Root, file);
        var wanted = YamlText.Write(objects);
        if (Environment.GetEnvironmentVariable("MOBULA_WRITE_DEPLOY") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, wanted);
        }
        Assert.True(File.Exists(path) && File.ReadAllText(path) == wanted, $"{file} is not what the program installs; write it anew with MOBULA_WRITE_DEPLOY=1");
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Mobula.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no repository above the tests");
        return folder;
    }
}
