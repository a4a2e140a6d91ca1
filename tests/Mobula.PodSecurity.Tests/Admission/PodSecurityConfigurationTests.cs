using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Admission;

namespace Mobula.PodSecurity.Tests.Admission;

public sealed class PodSecurityConfigurationTests
{
    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Recorded().Count)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Configuration_is_accepted_or_refused_in_Kubernetes_words(int row)
    {
        var recorded = Recorded()[row]!.AsObject();
        string? error = null;
        try
        {
            AdmissionConfigurationFile.Read("DIR/FILE", path => path == "DIR/FILE" && recorded.Text("configuration") is { } text ? text : throw new FileNotFoundException());
        }
        catch (PodSecurityConfigurationException e)
        {
            error = e.Message.Replace("DIR/FILE", "FILE", StringComparison.Ordinal);
        }
        Assert.Equal(recorded.Text("error"), error);
    }

    [Fact]
    public void Missing_fields_have_the_defaults()
    {
        var configuration = AdmissionConfigurationFile.Read("f", _ => """
            apiVersion: apiserver.config.k8s.io/v1
            kind: AdmissionConfiguration
            plugins:
            - name: PodSecurity
              configuration:
                apiVersion: pod-security.admission.config.k8s.io/v1beta1
                kind: PodSecurityConfiguration
                defaults: {warn: restricted}
                exemptions: {namespaces: [kube-system]}
            """);
        Assert.Equal("restricted:latest", configuration.Defaults.Warn.ToString());
        Assert.Equal("privileged:latest", configuration.Defaults.Enforce.ToString());
        Assert.Equal(["kube-system"], configuration.ExemptNamespaces);
        Assert.Empty(configuration.ExemptUserNames);
    }

    private static JsonArray Recorded() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "conversations", "invalid-configurations.json")))!.AsArray();
}
