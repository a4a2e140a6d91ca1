using System.Text.Json.Nodes;
using Mobula.Node.Containerd;

namespace Mobula.Node.Tests.Containerd;

public sealed class ContainerdConfigTests
{
    private static readonly ContainerdOptions Options = new() { DataDirectory = "/data/a \"b\"", RunDirectory = "/run/m", Network = new(3) };

    [Fact]
    public void Toml_quotes_paths() => Assert.Contains("""root = "/data/a \"b\"/containerd" """.TrimEnd(), ContainerdConfig.Toml(Options));

    [Fact]
    public void Cni_network_has_the_clusters_bridge_and_subnet()
    {
        var bridge = JsonNode.Parse(ContainerdConfig.CniConfigList(Options))!["plugins"]![0]!;

        Assert.Equal("mobula3", (string?)bridge["bridge"]);
        Assert.Equal("10.241.0.0/16", (string?)bridge["ipam"]!["ranges"]![0]![0]!["subnet"]);
    }

    [Fact]
    public void Cni_network_gives_each_node_addresses_of_its_own()
    {
        var first = Range(0);
        var second = Range(1);

        Assert.Equal(("10.241.0.2", "10.241.0.254", "10.241.0.1"), first);
        Assert.Equal(("10.241.1.2", "10.241.1.254", "10.241.0.1"), second);

        static (string?, string?, string?) Range(int node)
        {
            var range = JsonNode.Parse(ContainerdConfig.CniConfigList(Options with { NodeNumber = node }))!["plugins"]![0]!["ipam"]!["ranges"]![0]![0]!;
            return ((string?)range["rangeStart"], (string?)range["rangeEnd"], (string?)range["gateway"]);
        }
    }
}
