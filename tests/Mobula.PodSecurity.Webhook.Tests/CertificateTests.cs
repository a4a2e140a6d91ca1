using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Mobula.Client;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Webhook.Certificates;

namespace Mobula.PodSecurity.Webhook.Tests;

/// <summary>Certificates: the plan over the years, the Secret between replicas, the caBundle, new ones while it serves.</summary>
public sealed class CertificateTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private static readonly GroupVersionResource Configurations = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations");
    private static readonly string[] Names = ["mobula-webhook.m.svc"];

    [Fact]
    public void Plan_over_25_years_always_serves_what_is_trusted()
    {
        var now = DateTimeOffset.Parse("2027-03-01T12:00:00Z");
        var end = now.AddYears(25);
        var set = new CertificateSet();
        List<CertificateStep> steps = [];
        // What an API server trusts may be as old as the settling time, what a replica serves too.
        var (trusted, served) = (new List<(DateTimeOffset At, string Bundle)>(), new List<(DateTimeOffset At, X509Certificate2 Certificate)>());
        while (now < end)
        {
            var plan = CertificatePlan.Make(set.Facts(Names), now);
            if (plan.Step != CertificateStep.Keep)
            {
                steps.Add(plan.Step);
                set = set.After(plan.Step, Names, now);
                trusted.Add((now, set.Bundle));
                served.Add((now, set.Serving!));
                continue;
            }
            Assert.True(plan.LookAgain > now, $"{now}: {plan} would spin");
            var oldestTrusted = trusted.Last(t => t.At <= now - CertificatePlan.Settling / 2 || t == trusted[0]).Bundle;
            foreach (var certificate in served.Where(s => s.At > now - CertificatePlan.Settling / 2).Append(served[^1]).Select(s => s.Certificate))
            {
                Assert.True(IsTrusted(certificate, trusted[^1].Bundle, now), $"{now}: what is served is not trusted");
                Assert.True(IsTrusted(certificate, oldestTrusted, now), $"{now}: what is served is not trusted by who has not heard yet");
            }
            now = plan.LookAgain < now.AddDays(10) ? plan.LookAgain : now.AddDays(10);
        }
        Assert.Equal(CertificateStep.IssueAll, steps[0]);
        Assert.Equal(1, steps.Count(s => s == CertificateStep.IssueAll));
        Assert.Equal(2, steps.Count(s => s == CertificateStep.PrepareAuthority));
        Assert.Equal(2, steps.Count(s => s == CertificateStep.ChangeAuthority));
        Assert.InRange(steps.Count(s => s == CertificateStep.IssueServing), 25 * 365 / 90, 25 * 365 / 55);
    }

    [Fact]
    public void Plan_never_keeps_what_is_ended()
    {
        var start = DateTimeOffset.Parse("2027-03-01T12:00:00Z");
        Gen.Select(Gen.Int[-400, 4000].Nullable(), Gen.Int[-40, 100].Nullable(), Gen.Int[-3000, 10].Nullable(), Gen.Bool).Sample((authority, serving, next, fits) =>
        {
            var facts = new CertificateFacts
            {
                AuthorityEnd = start.AddDays(authority ?? 0) is var a && authority is null ? null : a,
                ServingEnd = serving is { } s ? start.AddDays(s) : null,
                NextAuthorityMade = next is { } n ? start.AddMinutes(n) : null,
                ServingFits = fits,
            };
            var plan = CertificatePlan.Make(facts, start);
            return plan.Step == CertificateStep.Keep
                ? facts is { AuthorityEnd: { } end, ServingEnd: { } servingEnd, ServingFits: true } && end > start && servingEnd > start && plan.LookAgain > start
                : plan.LookAgain == start;
        });
    }

    [Fact]
    public void Secret_gives_back_what_was_written()
    {
        var now = DateTimeOffset.UtcNow;
        var set = new CertificateSet().After(CertificateStep.IssueAll, Names, now).After(CertificateStep.PrepareAuthority, Names, now).After(CertificateStep.ChangeAuthority, Names, now);
        var secret = new JsonObject { ["data"] = new JsonObject { ["other"] = "eA==" } };

        set.WriteTo(secret);
        var read = CertificateSet.Read(secret);

        Assert.Equal(set.Bundle, read.Bundle);
        Assert.Equal(set.Serving!.Thumbprint, read.Serving!.Thumbprint);
        Assert.Equal(set.FormerAuthority!.Thumbprint, read.FormerAuthority!.Thumbprint);
        Assert.True(read.Facts(Names).ServingFits);
        Assert.False(read.Facts(["elsewhere.svc"]).ServingFits);
        Assert.Equal("eA==", secret.Text("data", "other"));
        Assert.Equal(CertificateStep.IssueAll, CertificatePlan.Make(CertificateSet.Read([]).Facts(Names), now).Step);
        secret.Object("data")!["signer.key"] = "bm9uc2Vuc2U=";
        Assert.Equal(CertificateStep.IssueAll, CertificatePlan.Make(CertificateSet.Read(secret).Facts(Names), now).Step);
    }

    [Fact]
    public async Task Replicas_share_one_certificate_set_the_bundle_and_renew_while_serving()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var ns = await cluster.NewNamespaceAsync();
        await cluster.Api.CreateAsync(Resources.Secrets, (JsonObject)JsonNode.Parse($$$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"tls","namespace":"{{{ns}}}"}}""")!);
        await cluster.Api.CreateAsync(Configurations, (JsonObject)JsonNode.Parse($$$"""
            {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"{{{ns}}}"},
             "webhooks":[{"name":"a.mobula.dev","admissionReviewVersions":["v1"],"sideEffects":"None","failurePolicy":"Ignore","clientConfig":{"service":{"name":"s","namespace":"{{{ns}}}"} },
                          "rules":[{"apiGroups":["none.example.com"],"apiVersions":["v1"],"operations":["CREATE"],"resources":["nothings"]}]}]}
            """)!);
        var options = Asking.Options with { Namespace = ns, SecretName = "tls", ServiceName = "s", ConfigurationName = ns };
        await using var first = await WebhookHost.StartAsync(cluster.Api, options, time);
        await using var second = await WebhookHost.StartAsync(cluster.Api, options, time);
        await first.ReadyAsync();
        await second.ReadyAsync();

        var bundle = Encoding.UTF8.GetString(Convert.FromBase64String((await cluster.Api.GetAsync(Configurations, null, ns)).Objects("webhooks").Single().Text("clientConfig", "caBundle")!));
        var certificate = await ServedAsync(first);
        Assert.Equal(certificate.Thumbprint, (await ServedAsync(second)).Thumbprint);
        Assert.True(IsTrusted(certificate, bundle, time.GetUtcNow()));
        Assert.True(certificate.MatchesHostname($"s.{ns}.svc"));

        time.Advance(TimeSpan.FromDays(61));
        X509Certificate2 renewed;
        var waited = 0;
        do
        {
            await Task.Delay(50);
            time.Advance(TimeSpan.FromMinutes(1));
            renewed = await ServedAsync(first);
        }
        while (renewed.Thumbprint == certificate.Thumbprint && ++waited < 200);
        for (waited = 0; (await ServedAsync(second)).Thumbprint != renewed.Thumbprint && ++waited < 200;) await Task.Delay(50);

        Assert.NotEqual(certificate.Thumbprint, renewed.Thumbprint);
        Assert.Equal(renewed.Thumbprint, (await ServedAsync(second)).Thumbprint);
        Assert.True(IsTrusted(renewed, bundle, time.GetUtcNow()));
    }

    [Fact]
    public async Task Files_that_are_replaced_are_served_without_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("mobula-webhook-tls-").FullName;
        try
        {
            Write(folder);
            await using var host = await WebhookHost.StartAsync(
                cluster.Api, Asking.Options with { TlsCertificateFile = Path.Combine(folder, "tls.crt"), TlsPrivateKeyFile = Path.Combine(folder, "tls.key") });
            var before = await ServedAsync(host);

            Write(folder);
            for (var i = 0; i < 200 && (await ServedAsync(host)).Thumbprint == before.Thumbprint; i++) await Task.Delay(25);

            Assert.NotEqual(before.Thumbprint, (await ServedAsync(host)).Thumbprint);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Write(string folder)
        {
            var now = DateTimeOffset.UtcNow;
            var secret = new JsonObject();
            new CertificateSet().After(CertificateStep.IssueAll, Names, now).WriteTo(secret);
            foreach (var file in new[] { "tls.crt", "tls.key" }) File.WriteAllBytes(Path.Combine(folder, file), Convert.FromBase64String(secret.Text("data", file)!));
        }
    }

    private static bool IsTrusted(X509Certificate2 certificate, string bundle, DateTimeOffset at)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(bundle);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        return chain.Build(certificate);
    }

    private static async Task<X509Certificate2> ServedAsync(WebhookHost host)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(System.Net.IPAddress.Loopback, host.Endpoint.Port);
        await using var stream = new System.Net.Security.SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync("x");
        return new(stream.RemoteCertificate!);
    }
}
