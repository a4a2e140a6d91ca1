using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Webhook.Certificates;

/// <summary>
/// Keeps the certificates in the shared Secret and the <c>caBundle</c> of the configuration. Every replica does; a write
/// names the version that it replaces, so that one of them wins and the others take over what it wrote.
/// </summary>
internal sealed class CertificateKeeper : IDisposable
{
    private static readonly GroupVersionResource Configurations = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations");
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(12);

    private readonly KubernetesApi _api;
    private readonly WebhookOptions _options;
    private readonly ServedCertificate _served;
    private readonly TimeProvider _time;
    private readonly Informer _secrets;
    private readonly Informer _configurations;
    private readonly ControlLoop _loop;
    private readonly IReadOnlyList<string> _names;
    private readonly ObjectKey _key;
    private bool _toldOfAbsence;

    public CertificateKeeper(KubernetesApi api, WebhookOptions options, ServedCertificate served, TimeProvider time)
    {
        (_api, _options, _served, _time) = (api, options, served, time);
        var ns = options.Namespace!;
        _names = [$"{options.ServiceName}.{ns}.svc", $"{options.ServiceName}.{ns}.svc.cluster.local", $"{options.ServiceName}.{ns}", options.ServiceName];
        _key = new(ns, options.SecretName);
        _secrets = new(api, Resources.Secrets, new() { Namespace = ns, FieldSelector = $"metadata.name={options.SecretName}", OnError = Told }, time);
        _configurations = new(api, Configurations, new() { FieldSelector = $"metadata.name={options.ConfigurationName}", OnError = Told }, time);
        _loop = new ControlLoop("certificates", ReconcileAsync, time) { OnError = (_, _, e) => Told(e) }
            .Watch(_secrets, (_, _) => [_key])
            .Watch(_configurations, (_, _) => [_key]);
    }

    /// <summary>Keeps them until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _loop.Enqueue(_key);
        await Task.WhenAll(_secrets.RunAsync(cancellation), _configurations.RunAsync(cancellation), _loop.RunAsync(1, cancellation)).ConfigureAwait(false);
    }

    public void Dispose() => _loop.Dispose();

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        var secret = _secrets.Get(key.Namespace, key.Name);
        if (secret is null)
        {
            // It may write this one Secret, but make none: a right to create Secrets is a right to tokens of other accounts.
            if (!_toldOfAbsence) _options.Log?.Invoke($"the Secret {key.Namespace}/{key.Name} is not there: apply the manifests of mobula install webhook");
            _toldOfAbsence = true;
            return null;
        }
        _toldOfAbsence = false;
        var set = CertificateSet.Read(secret);
        var now = _time.GetUtcNow();
        var plan = CertificatePlan.Make(set.Facts(_names), now);
        if (plan.Step != CertificateStep.Keep)
        {
            _options.Log?.Invoke($"certificates: {plan.Step}: {plan.Why}");
            set = set.After(plan.Step, _names, now);
            var next = secret.Clone();
            set.WriteTo(next);
            // A conflict brings the key back, with what the other replica wrote.
            await _api.UpdateAsync(Resources.Secrets, next, cancellation: cancellation).ConfigureAwait(false);
            // Nothing new is served that is not stored: the event of the write brings the key back.
            return TimeSpan.FromSeconds(5);
        }
        await TrustAsync(set.Bundle, cancellation).ConfigureAwait(false);
        var before = _served.Context;
        _served.Use(set.Serving!);
        if (_served.Context != before) _options.Log?.Invoke($"serving the certificate that ends {set.Serving!.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        var sleep = plan.LookAgain - now;
        return sleep < LongestSleep ? sleep > TimeSpan.Zero ? sleep : TimeSpan.FromSeconds(1) : LongestSleep;
    }

    /// <summary>Sets the <c>caBundle</c> of each webhook that does not have it.</summary>
    private async Task TrustAsync(string bundle, CancellationToken cancellation)
    {
        var configuration = _configurations.Get(null, _options.ConfigurationName);
        if (configuration is null) return;
        var wanted = Convert.ToBase64String(Encoding.UTF8.GetBytes(bundle));
        var hooks = configuration.Objects("webhooks").ToList();
        if (hooks.All(h => h.Text("clientConfig", "caBundle") == wanted)) return;
        var patch = new JsonArray();
        patch.Add((JsonNode)new JsonObject { ["op"] = "replace", ["path"] = "/metadata/resourceVersion", ["value"] = configuration.ResourceVersion });
        for (var i = 0; i < hooks.Count; i++)
        {
            patch.Add((JsonNode)new JsonObject { ["op"] = "add", ["path"] = $"/webhooks/{i}/clientConfig/caBundle", ["value"] = wanted });
        }
        await _api.PatchAsync(Configurations, null, configuration.Name, PatchType.Json, patch, cancellation: cancellation).ConfigureAwait(false);
        _options.Log?.Invoke($"the caBundle of {configuration.Name} is set");
    }

    private void Told(Exception e) => _options.Log?.Invoke($"certificates: {e.Message}");
}
