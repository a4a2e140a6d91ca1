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

    private const string Commented =
        """
        # my clusters
        apiVersion: v1
        clusters: # of the company
          - name: prod   # do not touch
            cluster: {server: "https://prod:6443"}
          # the end of the clusters
        kind: Config
        users: []

        current-context: prod # of today
        contexts:
        """;

    [Fact]
    public void Comments_and_the_way_it_is_written_stay()
    {
        var document = KubeconfigDocument.Parse("f", Commented);

        document.Put(Entry);

        Assert.Equal(
            """
            # my clusters
            apiVersion: v1
            clusters: # of the company
              - name: prod   # do not touch
                cluster: {server: "https://prod:6443"}
              - cluster:
                  certificate-authority-data: Q0E=
                  server: https://127.0.0.1:1
                name: mobula-c
              # the end of the clusters
            kind: Config
            users:
            - user:
                client-certificate-data: Q0VSVA==
                client-key-data: S0VZ
              name: mobula-c

            current-context: mobula-c
            contexts:
            - context:
                cluster: mobula-c
                user: mobula-c
              name: mobula-c

            """,
            document.ToString());
        Assert.Equal(Entry, KubeconfigDocument.Parse("f", document.ToString()).Entry("mobula-c"));
    }

    [Fact]
    public void Entry_that_goes_leaves_the_comments_of_others()
    {
        var document = KubeconfigDocument.Parse("f", Commented);
        document.Put(Entry);
        document.Put(Entry with { Server = "https://127.0.0.1:2" });

        Assert.True(document.Remove("mobula-c"));

        Assert.Equal(
            Commented.Replace("current-context: prod # of today", "current-context: \"\"").Replace("contexts:", "contexts: []") + "\n",
            document.ToString());
    }

    [Theory]
    [InlineData("{apiVersion: v1, clusters: [{name: prod, cluster: {server: s}}]}")]
    [InlineData("clusters: [{name: prod, cluster: {server: s}}] # c")]
    [InlineData("clusters:\n-\n  name: prod\n  cluster: {server: s}\nusers: # none\n  []\n")]
    [InlineData("clusters:\n- &p {name: prod, cluster: {server: s}}\nextensions:\n- *p\n")]
    [InlineData("clusters:\r\n- name: prod\r\n  cluster: {server: s}\r\nuser: |\r\n  a\r\n")]
    public void Way_of_writing_that_is_not_known_keeps_what_it_says(string text)
    {
        var document = KubeconfigDocument.Parse("f", text);

        document.Put(Entry);

        var again = KubeconfigDocument.Parse("f", document.ToString());
        Assert.Equal(Entry, again.Entry("mobula-c"));
        Assert.Contains("prod", document.ToString());
        Assert.True(again.HasContext("mobula-c"));
        Assert.Equal("mobula-c", again.CurrentContext);
    }

    [Fact]
    public void Broken_file_is_told_with_its_place() =>
        Assert.StartsWith("f:3:", Assert.Throws<UsageException>(() => KubeconfigDocument.Parse("f", "a: b\n: [")).Message);
}
