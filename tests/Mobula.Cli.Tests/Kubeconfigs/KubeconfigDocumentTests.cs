using Mobula.Cli.Kubeconfigs;

namespace Mobula.Cli.Tests.Kubeconfigs;

public sealed class KubeconfigDocumentTests
{
    private const string Existing =
        """
        apiVersion: v1
        kind: Config
        current-context: prod
        clusters:
        - cluster:
            server: https://prod:6443
            insecure-skip-tls-verify: true
          name: prod
        contexts:
        - context:
            cluster: prod
            namespace: team
            user: me
          name: prod
        users:
        - name: me
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: login
              args: ["--quiet", "y"]
        extensions:
        - name: x
          extension: {a: "true"}
        """;

    private static readonly KubeconfigEntry Entry = new("mobula-c", "https://127.0.0.1:1", "CA", "CERT", "KEY");

    [Fact]
    public void Put_into_an_empty_file_makes_a_kubeconfig()
    {
        var document = KubeconfigDocument.Parse("f", "");

        document.Put(Entry);

        var again = KubeconfigDocument.Parse("f", document.ToString());
        Assert.Equal("mobula-c", again.CurrentContext);
        Assert.Equal(Entry, again.Entry("mobula-c"));
    }

    [Fact]
    public void Put_keeps_everything_else()
    {
        var document = KubeconfigDocument.Parse("f", Existing);

        document.Put(Entry);
        document.Remove("mobula-c");

        foreach (var line in Existing.Split('\n').Where(l => !l.StartsWith("current-context")))
        {
            var text = line.Trim().TrimStart('-').Trim();
            if (text.StartsWith("args")) continue;
            Assert.Contains(text.Replace("{a: \"true\"}", "").Trim(), document.ToString());
        }
        Assert.Contains("\"y\"", document.ToString());
        Assert.Null(document.CurrentContext);
    }

    [Fact]
    public void Put_twice_replaces()
    {
        var document = KubeconfigDocument.Parse("f", Existing);

        document.Put(Entry);
        document.Put(Entry with { Server = "https://127.0.0.1:2" });

        Assert.Equal("https://127.0.0.1:2", document.Entry("mobula-c").Server);
        Assert.DoesNotContain("https://127.0.0.1:1", document.ToString());
    }

    [Fact]
    public void Remove_leaves_another_current_context()
    {
        var document = KubeconfigDocument.Parse("f", Existing);

        Assert.False(document.Remove("mobula-c"));
        Assert.Equal("prod", document.CurrentContext);
    }

    [Fact]
    public void Broken_file_is_told_with_its_place() =>
        Assert.StartsWith("f:3:", Assert.Throws<UsageException>(() => KubeconfigDocument.Parse("f", "a: b\n: [")).Message);
}
