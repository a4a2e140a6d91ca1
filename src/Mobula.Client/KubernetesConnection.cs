using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Mobula.Client;

/// <summary>Where an API server is and how to be let in: from a kubeconfig, from inside a pod, or made by hand.</summary>
public sealed record KubernetesConnection
{
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The server, for example <c>https://127.0.0.1:6443</c>; a path in it is kept as a prefix.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace that is meant when none is said.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The certificate authorities of the server, as PEM; null for those the machine trusts.</summary>
    public string? CertificateAuthorityPem { get; init; }

    /// <summary>Whether any certificate of the server will do.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The name to expect in the server's certificate; null for the host of <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The client's certificate, as PEM; needs <see cref="ClientKeyPem"/>.</summary>
    public string? ClientCertificatePem { get; init; }

    /// <summary>The key of <see cref="ClientCertificatePem"/>, as PEM.</summary>
    public string? ClientKeyPem { get; init; }

    /// <summary>A bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>A file that holds the bearer token. It is read anew each minute, as tokens of pods expire.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The user name of basic authentication.</summary>
    public string? Username { get; init; }

    /// <summary>The password of basic authentication.</summary>
    public string? Password { get; init; }

    /// <summary>Whom to act as, if not as oneself.</summary>
    public string? ImpersonateUser { get; init; }

    /// <summary>The proxy; null for that of the environment. A server on this machine is spoken to without one.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Inside a pod, its service account; elsewhere the kubeconfig.</summary>
    /// <exception cref="KubeconfigException">Neither is there, or the kubeconfig is not usable.</exception>
    public static KubernetesConnection Default(string? context = null) =>
        context is null && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST")) && File.Exists($"{ServiceAccount}/token")
            ? InCluster()
            : FromKubeconfig(null, context);

    /// <summary>The connection of a kubeconfig.</summary>
    /// <param name="path">The file; null for the files of <c>KUBECONFIG</c>, or <c>~/.kube/config</c>.</param>
    /// <param name="context">The context; null for the current one.</param>
    /// <exception cref="KubeconfigException">A file is not there or not usable; the message says where and why.</exception>
    public static KubernetesConnection FromKubeconfig(string? path = null, string? context = null) => Kubeconfig.Load(path).Connection(context);

    /// <summary>The connection of a pod, from its environment and the files of its service account.</summary>
    /// <exception cref="KubeconfigException">This is no pod, or it has no service account token.</exception>
    public static KubernetesConnection InCluster() => InCluster(Environment.GetEnvironmentVariable, ServiceAccount);

    internal static KubernetesConnection InCluster(Func<string, string?> environment, string directory)
    {
        var host = environment("KUBERNETES_SERVICE_HOST");
        var port = environment("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new KubeconfigException("not inside a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
        }
        var token = Path.Combine(directory, "token");
        if (!File.Exists(token)) throw new KubeconfigException($"the pod has no service account token: {token} does not exist");
        var authority = Path.Combine(directory, "ca.crt");
        var ns = Path.Combine(directory, "namespace");
        return new()
        {
            Server = new($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}"),
            CertificateAuthorityPem = File.Exists(authority) ? File.ReadAllText(authority) : null,
            TokenFile = token,
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default",
        };
    }

    /// <summary>A client of the server with the field manager by which its writes are known.</summary>
    public KubernetesApi CreateApi(string fieldManager) => new(CreateHttpClient(), fieldManager);

    /// <summary>An HTTP client with the server as its base address, the credentials in place and no timeout.</summary>
    public HttpClient CreateHttpClient(TimeProvider? time = null)
    {
        var prefix = Server.AbsolutePath.TrimEnd('/');
        HttpMessageHandler handler = new CredentialsHandler(this, prefix, time ?? TimeProvider.System) { InnerHandler = CreateHandler() };
        return new(handler) { BaseAddress = new(Server.GetLeftPart(UriPartial.Authority)), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>How TLS is spoken with the server; also for streams that are not HTTP messages.</summary>
    public SslClientAuthenticationOptions CreateTlsOptions()
    {
        var tls = new SslClientAuthenticationOptions { TargetHost = TlsServerName ?? Server.Host };
        if (ClientCertificatePem is not null && ClientKeyPem is not null)
        {
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(ClientCertificatePem, ClientKeyPem), null, offline: true);
        }
        if (InsecureSkipTlsVerify)
        {
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }
        else if (CertificateAuthorityPem is not null)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(CertificateAuthorityPem);
            tls.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        return tls;
    }

    /// <summary>The value of the header <c>Authorization</c> now, or null.</summary>
    public AuthenticationHeaderValue? Authorization() =>
        TokenFile is not null ? new("Bearer", File.ReadAllText(TokenFile).Trim())
        : Token is not null ? new("Bearer", Token)
        : Username is not null ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{Password}")))
        : null;

    private SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = CreateTlsOptions(),
            AutomaticDecompression = DecompressionMethods.GZip,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
            // A watch whose server is gone without a word is found out by these.
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            ConnectTimeout = TimeSpan.FromSeconds(30),
        };
        if (Server.IsLoopback) handler.UseProxy = false;
        else if (Proxy is not null) handler.Proxy = new WebProxy(Proxy);
        return handler;
    }

    private sealed class CredentialsHandler(KubernetesConnection connection, string prefix, TimeProvider time) : DelegatingHandler
    {
        private static readonly TimeSpan Keep = TimeSpan.FromMinutes(1);
        private AuthenticationHeaderValue? _authorization;
        private long _readAt;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (prefix.Length > 0) request.RequestUri = new(request.RequestUri!, prefix + request.RequestUri!.PathAndQuery);
            if (_authorization is null || (connection.TokenFile is not null && time.GetElapsedTime(_readAt) > Keep))
            {
                _authorization = connection.Authorization();
                _readAt = time.GetTimestamp();
            }
            if (_authorization is not null) request.Headers.Authorization = _authorization;
            if (connection.ImpersonateUser is { } user) request.Headers.TryAddWithoutValidation("Impersonate-User", user);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
