using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.InProcess;

namespace Mobula.ApiServer;

/// <summary>The administrator's client certificate, as PEM texts.</summary>
/// <param name="CertificateAuthorityPem">By which the server is checked.</param>
/// <param name="ClientCertificatePem">The certificate of a member of <c>system:masters</c>.</param>
/// <param name="ClientKeyPem">Its key.</param>
/// <param name="Token">A bearer token with the same rights.</param>
public sealed record AdminCredentials(string CertificateAuthorityPem, string ClientCertificatePem, string ClientKeyPem, string Token);

/// <summary>A running API server.</summary>
public sealed class ApiServerHost : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ApiServerParts _parts;

    private ApiServerHost(WebApplication web, ApiServerParts parts, Uri endpoint, AdminCredentials admin)
    {
        _web = web;
        _parts = parts;
        Endpoint = endpoint;
        Admin = admin;
    }

    /// <summary>Where it listens, <c>https://127.0.0.1:PORT</c>.</summary>
    public Uri Endpoint { get; }

    /// <summary>The administrator's credentials.</summary>
    public AdminCredentials Admin { get; }

    /// <summary>Starts a server; when the task ends it serves.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="IOException">The port is in use, or the data directory cannot be used; the message says so.</exception>
    public static async Task<ApiServerHost> StartAsync(ApiServerOptions options, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        var clock = time ?? TimeProvider.System;
        var token = RandomNumberGenerator.GetHexString(48, lowercase: true);
        ApiServerParts parts;
        try
        {
            parts = ApiServerParts.Make(options, token, clock);
        }
        catch (Storage.StorageUnavailableException e)
        {
            throw new IOException(e.Message, e);
        }
        WebApplication? web = null;
        try
        {
            web = Build(options, parts);
            await web.StartAsync(cancellation).ConfigureAwait(false);
            var address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            var endpoint = new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
            var (certificate, key) = parts.Keys.IssueClientCertificate("kubernetes-admin", [UserInfo.Masters]);
            var host = new ApiServerHost(web, parts, endpoint, new(parts.Keys.AuthorityPem, certificate, key, token));
            await parts.StartAsync(host.CreateHandler(new UserInfo("system:apiserver", UserInfo.Masters)), endpoint, cancellation).ConfigureAwait(false);
            return host;
        }
        catch
        {
            if (web is not null) await web.DisposeAsync().ConfigureAwait(false);
            parts.Dispose();
            throw;
        }
    }

    /// <summary>A handler that carries requests to this server without a network, as a user. Any host name does.</summary>
    /// <param name="user">The user name.</param>
    /// <param name="groups">The user's groups; <c>system:authenticated</c> is added.</param>
    public HttpMessageHandler CreateHandler(string user, params IReadOnlyList<string> groups) => CreateHandler(new UserInfo(user, groups));

    /// <summary>A handler that carries requests to this server without a network, as a user. Any host name does.</summary>
    public HttpMessageHandler CreateHandler(UserInfo user) => new InProcessHandler(_parts.Pipeline.InvokeAsync, user.Authenticated());

    /// <summary>A client certificate and its key (PEM) by which another process is known as a user.</summary>
    public (string CertificatePem, string KeyPem) IssueClientCertificate(string user, params IReadOnlyList<string> groups) =>
        _parts.Keys.IssueClientCertificate(user, groups);

    /// <summary>A server certificate with its key, for another endpoint of the cluster, for example a node's.</summary>
    /// <param name="names">The DNS names and addresses it is valid for.</param>
    public System.Security.Cryptography.X509Certificates.X509Certificate2 IssueServerCertificate(params IReadOnlyList<string> names) => _parts.Keys.IssueServerCertificate(names);

    /// <summary>The token of a Secret of type <c>kubernetes.io/service-account-token</c>: valid as long as the Secret and the account are there.</summary>
    /// <param name="account">The ServiceAccount.</param>
    /// <param name="secret">The Secret's name.</param>
    public Task<string> MintServiceAccountTokenAsync(System.Text.Json.Nodes.JsonObject account, string secret) => _parts.Tokens.IssueForSecretAsync(account, secret);

    /// <summary>A kubeconfig of the administrator with one context.</summary>
    /// <param name="name">The name of cluster, user and context.</param>
    /// <param name="token">Whether the user is known by the token instead of a certificate.</param>
    public string Kubeconfig(string name, bool token = false)
    {
        static string Base64(string pem) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pem));
        var user = token
            ? $"token: {Admin.Token}"
            : $"client-certificate-data: {Base64(Admin.ClientCertificatePem)}\n    client-key-data: {Base64(Admin.ClientKeyPem)}";
        return $"""
            apiVersion: v1
            kind: Config
            current-context: {name}
            clusters:
            - name: {name}
              cluster:
                server: {Endpoint.ToString().TrimEnd('/')}
                certificate-authority-data: {Base64(Admin.CertificateAuthorityPem)}
            users:
            - name: {name}
              user:
                {user}
            contexts:
            - name: {name}
              context:
                cluster: {name}
                user: {name}

            """;
    }

    /// <summary>Stops: running requests end, waiting writes are committed, the data directory is free.</summary>
    public async ValueTask DisposeAsync()
    {
        _parts.Stop();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _web.StopAsync(limit.Token).ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
        _parts.Dispose();
    }

    private static WebApplication Build(ApiServerOptions options, ApiServerParts parts)
    {
        // Empty: a slim builder would watch all files below the working directory for changes of its configuration.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Warnings name fields as the client wrote them.
            kestrel.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.UTF8;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxRequestHeadersTotalSize = 1 << 20;
            kestrel.Limits.MaxRequestLineSize = 1 << 16;
            kestrel.Limits.MaxConcurrentConnections = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Listen(options.Address, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = parts.Keys.IssueServerCertificate(Names(options)),
                    ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                    // Who the certificate stands for, and whether it counts, is decided by authentication.
                    ClientCertificateValidation = (_, _, _) => true,
                });
            });
        });
        var web = builder.Build();
        web.Run(parts.Pipeline.InvokeAsync);
        return web;
    }

    private static IEnumerable<string> Names(ApiServerOptions options)
    {
        var first = options.ServiceClusterIpRange.BaseAddress.GetAddressBytes();
        first[^1]++;
        return ["localhost", "127.0.0.1", options.Address.ToString(), new IPAddress(first).ToString(),
            "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
            .. options.AdvertiseAddress is { } advertised ? [advertised.ToString()] : Array.Empty<string>(), .. options.CertificateNames];
    }

}
