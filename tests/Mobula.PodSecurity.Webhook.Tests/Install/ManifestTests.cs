using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Webhook.Install;

namespace Mobula.PodSecurity.Webhook.Tests.Install;

/// <summary>The manifests, and the files in <c>deploy/webhook</c>, which MOBULA_WRITE_DEPLOY=1 writes anew.</summary>
public sealed class ManifestTests
{
    private static readonly WebhookInstallation Default = new("mobula-system");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pods_comply_with_the_restricted_standard(bool certManager)
    {
        var deployment = Assert.Single(WebhookManifests.Running(Default with { UsesCertManager = certManager }), o => o.Kind == "Deployment");
        var template = deployment.Object("spec", "template")!;

        var verdict = new PodSecurityEvaluator().Evaluate(template.ToUtf8(), new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest));

        Assert.True(verdict.IsAllowed, verdict.Details);
        Assert.Equal(2, deployment.Integer("spec", "replicas"));
    }

    [Fact]
    public void Namespaces_that_must_come_up_are_never_asked_about()
    {
        var registration = WebhookManifests.Registration(new("own") { ExcludedNamespaces = ["storage"] });

        foreach (var hook in registration.Objects("webhooks").Take(2))
        {
            var expression = Assert.Single(hook.Objects("namespaceSelector", "matchExpressions"));
            Assert.Equal("NotIn", expression.Text("operator"));
            Assert.Equal(["kube-system", "kube-node-lease", "own", "storage"], expression.Texts("values"));
        }
        Assert.Equal(["Fail", "Ignore", "Ignore"], registration.Objects("webhooks").Select(h => h.Text("failurePolicy")));
    }

    [Fact]
    public void Rights_to_write_are_for_one_Secret_and_one_configuration()
    {
        var rules = WebhookManifests.Running(Default).Where(o => o.Kind is "Role" or "ClusterRole").SelectMany(o => o.Objects("rules")).ToList();

        var writing = rules.Where(r => r.Texts("verbs").Any(v => v is not ("get" or "list" or "watch"))).ToList();
        Assert.Equal(["mobula-pod-security", "mobula-webhook-tls"], writing.SelectMany(r => r.Texts("resourceNames")));
        Assert.All(rules, r => Assert.DoesNotContain("*", r.Texts("verbs").Concat(r.Texts("resources")).Concat(r.Texts("apiGroups"))));
        Assert.DoesNotContain(rules, r => r.Texts("verbs").Contains("create"));
    }

    [Fact]
    public void Cert_manager_takes_the_place_of_the_Secret_and_the_rights()
    {
        var objects = WebhookManifests.Running(Default with { UsesCertManager = true });

        Assert.Equal(["Issuer", "Certificate"], objects.Where(o => o.ApiVersion == "cert-manager.io/v1").Select(o => o.Kind));
        Assert.DoesNotContain(objects, o => o.Kind == "Secret");
        Assert.DoesNotContain(objects.SelectMany(o => o.Objects("rules")), r => r.Texts("resources").Contains("secrets") || r.Texts("resources").Contains("validatingwebhookconfigurations"));
        Assert.Equal("mobula-system/mobula-webhook", WebhookManifests.Registration(Default with { UsesCertManager = true }).Annotation("cert-manager.io/inject-ca-from"));
    }

    [Fact]
    public void Deploy_files_are_those_of_the_program()
    {
        Check("deploy/webhook/webhook.yaml", WebhookManifests.Running(Default));
        Check("deploy/webhook/registration.yaml", [WebhookManifests.Registration(Default)]);
    }

    private static void Check(string file, IEnumerable<JsonObject> objects)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Mobula.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no repository above the tests");
        var path = Path.Combine(folder, file);
        var wanted = YamlWriter.WriteAll(objects);
        if (Environment.GetEnvironmentVariable("MOBULA_WRITE_DEPLOY") == "1") File.WriteAllText(path, wanted);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == wanted, $"{file} is not what the program installs; write it anew with MOBULA_WRITE_DEPLOY=1");
    }
}
