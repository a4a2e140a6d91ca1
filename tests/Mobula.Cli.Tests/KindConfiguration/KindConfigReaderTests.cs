using Mobula.Cli.KindConfiguration;

namespace Mobula.Cli.Tests.KindConfiguration;

public sealed class KindConfigReaderTests
{
    private const string Guide =
        """
        kind: Cluster
        apiVersion: kind.x-k8s.io/v1alpha4
        nodes:
        - role: control-plane
          kubeadmConfigPatches:
          - |
            kind: ClusterConfiguration
            apiServer:
                extraArgs:
                  audit-log-path: /var/log/kubernetes/kube-apiserver-audit.log
                  audit-policy-file: /etc/kubernetes/policies/audit-policy.yaml
                extraVolumes:
                  - name: audit-policies
                    hostPath: /etc/kubernetes/policies
                    mountPath: /etc/kubernetes/policies
                    readOnly: true
                    pathType: "DirectoryOrCreate"
          extraMounts:
          - hostPath: ./audit-policy.yaml
            containerPath: /etc/kubernetes/policies/audit-policy.yaml
            readOnly: true
        """;

    [Fact]
    public void Guide_configuration_is_read_whole()
    {
        var (config, warnings) = KindConfigReader.Read("kind-config.yaml", Guide);

        Assert.Empty(warnings);
        Assert.Equal("/etc/kubernetes/policies/audit-policy.yaml", config.ApiServerFlags["audit-policy-file"].Value);
        Assert.Equal(new PathMount("/etc/kubernetes/policies", "/etc/kubernetes/policies", true), Assert.Single(config.ApiServerVolumes));
        Assert.Equal(new PathMount("./audit-policy.yaml", "/etc/kubernetes/policies/audit-policy.yaml", true), Assert.Single(config.ControlPlaneMounts));
    }

    [Fact]
    public void Flag_inside_a_patch_knows_its_place_in_the_file()
    {
        var (config, _) = KindConfigReader.Read("kind-config.yaml", Guide);

        Assert.StartsWith("kind-config.yaml:10:", config.ApiServerFlags["audit-log-path"].Place);
    }

    [Fact]
    public void V1beta4_arguments_are_a_list()
    {
        var (config, _) = KindConfigReader.Read(
            "k.yaml",
            """
            kind: Cluster
            apiVersion: kind.x-k8s.io/v1alpha4
            kubeadmConfigPatches:
            - |
              kind: ClusterConfiguration
              apiServer:
                extraArgs:
                - name: audit-log-maxage
                  value: "7"
            """);

        Assert.Equal("7", config.ApiServerFlags["audit-log-maxage"].Value);
    }

    [Theory]
    [InlineData("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodez: []", "k.yaml:3:1: unknown field \"nodez\"")]
    [InlineData("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: master", "k.yaml:4:9: nodes[0].role must be control-plane or worker, not \"master\"")]
    [InlineData("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: worker", "k.yaml:4:1: nodes must name a control-plane")]
    [InlineData("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking:\n  apiServerPort: 70000", "k.yaml:4:18: networking.apiServerPort must be a port (1 to 65535), or 0 for any")]
    [InlineData("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha3", "k.yaml:1:1: kind: Cluster with apiVersion: kind.x-k8s.io/v1alpha4 is expected, not kind: Cluster with apiVersion: kind.x-k8s.io/v1alpha3")]
    public void Mistake_is_told_with_its_place(string text, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => KindConfigReader.Read("k.yaml", text)).Message);

    [Fact]
    public void Broken_yaml_is_told_with_its_place() =>
        Assert.StartsWith("k.yaml:3:", Assert.Throws<UsageException>(() => KindConfigReader.Read("k.yaml", "kind: Cluster\nnodes: [")).Message);

    [Fact]
    public void What_kind_knows_and_the_cluster_does_not_use_is_a_warning()
    {
        var (_, warnings) = KindConfigReader.Read("k.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nfeatureGates:\n  X: true\nnetworking:\n  podSubnet: 10.1.0.0/16");

        Assert.Equal(
            ["k.yaml:3:1: featureGates has no meaning here and is ignored", "k.yaml:6:3: networking.podSubnet is ignored: each cluster of this machine has networks of its own"],
            warnings);
    }
}
