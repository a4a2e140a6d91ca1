using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Mobula.Client;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Webhook.Certificates;
using Mobula.PodSecurity.Webhook.Exemptions;
using Mobula.PodSecurity.Webhook.Metrics;
using Mobula.PodSecurity.Webhook.Reviews;

namespace Mobula.PodSecurity.Webhook;

/// <summary>Pod Security as a validating webhook: HTTPS, <c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c>; every other path takes AdmissionReviews.</summary>
public sealed class WebhookHost : IAsyncDisposable
{
    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;
    private readonly WebhookMetrics _metrics = new();
    private readonly ServedCertificate _served;
    private readonly CancellationTokenSource _stop = new();
    private readonly Informer _namespaces;
    private readonly Informer? _configMaps;
    private readonly CertificateKeeper? _keeper;
    private readonly CertificateFiles? _files;
    private readonly ReviewEndpoint _reviews;
    private readonly WebApplication _web;
    private ExemptionSet _exemptions = ExemptionSet.Empty;
    private Task _background = Task.CompletedTask;
    private bool _stopping;

    private WebhookHost(KubernetesApi api, WebhookOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _served = new(_metrics);
        _namespaces = new(api, Resources.Namespaces, new() { OnError = e => options.Log?.Invoke($"namespaces: {e.Message}") }, time);
        if (options.Namespace is { } ns)
        {
            _configMaps = new(api, Resources.ConfigMaps, new() { Namespace = ns, LabelSelector = $"{ExemptionReader.Label}=true", OnError = e => options.Log?.Invoke($"exemptions: {e.Message}") }, time);
            _configMaps.Subscribe((_, now) => ReadExemptions(now));
        }
        if (options.TlsCertificateFile is { } file)
        {
            _files = new(file, options.TlsPrivateKeyFile ?? throw new ArgumentException("a certificate file needs its key's file", nameof(options)), _served, options.Log);
        }
        else
        {
            var authority = CertificateIssuer.Authority(time.GetUtcNow(), CertificatePlan.ServingLifetime);
            // In a cluster this lets the kubelet's probes in until the shared certificate is read; elsewhere it is the certificate.
            _served.Use(CertificateIssuer.Serving(authority, ["localhost", "127.0.0.1", "::1", Environment.MachineName.ToLowerInvariant()], time.GetUtcNow(), CertificatePlan.ServingLifetime), isReal: options.Namespace is null);
            CertificateAuthorityPem = authority.ExportCertificatePem();
            if (options.Namespace is not null) _keeper = new(api, options, _served, time);
        }
        var admission = new PodSecurityAdmission(options.PodSecurity, new PodSecurityEvaluator(), new PodExpansion(), time: time);
        var decider = new ReviewDecider(
            admission, options.PodSecurity, (name, cancellation) => FindNamespaceAsync(api, name, cancellation), new PodLister(api).ListAsync,
            () => Volatile.Read(ref _exemptions), new WorkloadOwners(api), options.Namespace, time);
        _reviews = new(decider, _metrics, options, time);
        _web = Build();
    }

    /// <summary>Where it listens.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>The authority of a certificate that it made for itself alone; null where the certificate comes from files.</summary>
    public string? CertificateAuthorityPem { get; }

    /// <summary>Why it is not ready; null when it is.</summary>
    public string? NotReady =>
        _stopping ? "shutting down"
        : !_namespaces.HasSynced ? "informer-sync: namespaces are not listed yet"
        : _configMaps is { HasSynced: false } ? "informer-sync: exemptions are not listed yet"
        : !_served.IsReal ? "certificate: none yet"
        : null;

    /// <summary>Starts; when the task ends it listens, and is ready soon after.</summary>
    /// <param name="api">The cluster whose namespaces are judged by; its field manager should be <see cref="WebhookOptions.FieldManager"/>.</param>
    /// <param name="options">How to run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="IOException">The port is in use, or a certificate file cannot be read.</exception>
    public static async Task<WebhookHost> StartAsync(KubernetesApi api, WebhookOptions options, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(options);
        var host = new WebhookHost(api, options, time ?? TimeProvider.System);
        try
        {
            await host._web.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        var address = host._web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        host.Endpoint = new(address.Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
        host._background = Task.WhenAll(
            host._namespaces.RunAsync(host._stop.Token),
            host._configMaps?.RunAsync(host._stop.Token) ?? Task.CompletedTask,
            host._keeper?.RunAsync(host._stop.Token) ?? Task.CompletedTask);
        return host;
    }

    /// <summary>Runs until cancelled, then stops: not ready at once, reviews under way are answered.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellation.Register(cancelled.SetResult)) await cancelled.Task.ConfigureAwait(false);
        _stopping = true;
        _options.Log?.Invoke($"stopping: not ready from now on, serving on for {_options.ShutdownDelay.TotalSeconds:0.#} s");
        await Task.Delay(_options.ShutdownDelay, _time, CancellationToken.None).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(_options.DrainTimeout);
        await _web.StopAsync(limit.Token).ConfigureAwait(false);
        _options.Log?.Invoke(_metrics.InFlight == 0 ? "stopped: every review was answered" : $"stopped with {_metrics.InFlight} reviews unanswered");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _web.DisposeAsync().ConfigureAwait(false);
        _keeper?.Dispose();
        _files?.Dispose();
        _stop.Dispose();
    }

    private void ReadExemptions(JsonObject? changed)
    {
        if (changed is not null)
        {
            foreach (var invalid in ExemptionReader.Read(changed).Invalid) _options.Log?.Invoke(invalid.ToString());
        }
        Volatile.Write(ref _exemptions, new(_configMaps!.Cache.List()));
    }

    /// <summary>From the cache; one that is not there yet is asked for, as it may be new.</summary>
    private async ValueTask<JsonObject> FindNamespaceAsync(KubernetesApi api, string name, CancellationToken cancellation) =>
        _namespaces.Get(null, name) ?? await api.GetAsync(Resources.Namespaces, null, name, cancellation).ConfigureAwait(false);

    private WebApplication Build()
    {
        // Empty: a slim builder would watch all files below the working directory for changes of its configuration.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ReviewEndpoint.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = _options.HeadTimeout;
            kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(2) < _options.BodyTimeout ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(1.1));
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
            kestrel.Limits.MaxConcurrentConnections = 10_000;
            kestrel.Listen(_options.Address, _options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    HandshakeTimeout = _options.HeadTimeout,
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = _served.Context }),
                });
            });
        });
        var web = builder.Build();
        web.Run(AnswerAsync);
        return web;
    }

    private Task AnswerAsync(HttpContext http) => http.Request.Path.Value switch
    {
        "/healthz" or "/livez" => AnswerTextAsync(http, 200, "ok"),
        "/readyz" => NotReady is { } why ? AnswerTextAsync(http, 503, $"{why}\n") : AnswerTextAsync(http, 200, "ok"),
        "/metrics" => AnswerMetricsAsync(http),
        _ => _reviews.AnswerAsync(http),
    };

    private Task AnswerMetricsAsync(HttpContext http)
    {
        using var text = new StringWriter();
        _metrics.WriteTo(text, Volatile.Read(ref _exemptions), _time.GetUtcNow());
        return AnswerTextAsync(http, 200, text.ToString(), "text/plain; version=0.0.4; charset=utf-8");
    }

    private static Task AnswerTextAsync(HttpContext http, int status, string text, string contentType = "text/plain; charset=utf-8")
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.ContentLength = bytes.Length;
        return http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }
}
