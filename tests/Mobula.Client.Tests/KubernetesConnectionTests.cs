using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Mobula.Client.Tests;

public sealed class KubernetesConnectionTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mobula-connection").FullName;

    [Fact]
    public void Kubeconfig_with_data_gives_server_credentials_and_namespace()
    {
        var connection = Read($$"""
            current-context: two
            clusters:
            - name: c
              cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: {{Base64("CA")}}, tls-server-name: kube }
            users:
            - name: u
              user: {client-certificate-data: {{Base64("CERT")}}, client-key-data: {{Base64("KEY")}}}
            - name: t
              user: {token: abc}
            contexts:
            - name: one
              context: {cluster: c, user: t}
            - name: two
              context: {cluster: c, user: u, namespace: mine}
            """);
        Assert.Equal("https://10.0.0.1:6443/", connection.Server.ToString());
        Assert.Equal(("CA", "CERT", "KEY", "mine", "kube"), (connection.CertificateAuthorityPem, connection.ClientCertificatePem, connection.ClientKeyPem, connection.Namespace, connection.TlsServerName));
        var other = KubernetesConnection.FromKubeconfig(Path.Combine(_directory, "config"), "one");
        Assert.Equal(("Bearer abc", "default"), (other.Authorization()!.ToString(), other.Namespace));
    }

    [Fact]
    public void Files_are_relative_to_the_kubeconfig()
    {
        File.WriteAllText(Path.Combine(_directory, "ca.pem"), "CA");
        File.WriteAllText(Path.Combine(_directory, "token"), "first\n");
        var connection = Read("""
            current-context: x
            clusters: [{name: c, cluster: {server: "https://h:1", certificate-authority: ca.pem}}]
            users: [{name: u, user: {tokenFile: token}}]
            contexts: [{name: x, context: {cluster: c, user: u}}]
            """);
        Assert.Equal("CA", connection.CertificateAuthorityPem);
        Assert.Equal("first", connection.Authorization()!.Parameter);
        File.WriteAllText(Path.Combine(_directory, "token"), "second");
        Assert.Equal("second", connection.Authorization()!.Parameter);
    }

    [Theory]
    [InlineData("current-context: y\ncontexts: [{name: x, context: {cluster: c}}]", "there is no context 'y'; there are: x")]
    [InlineData("contexts: [{name: x, context: {cluster: c}}]", "no current-context is set; name one of the contexts: x")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]", "there is no cluster 'c'; there are: none")]
    [InlineData("current-context: x\ncontexts:\n- name: x\n  context: {cluster: c}\nclusters:\n- name: c\n  cluster:\n    server: 'https://'", "config:8: cluster 'c' has a server that is no URL: https://")]
    [InlineData("a: [", "config:")]
    public void Unusable_kubeconfig_is_told_with_its_place(string text, string message)
    {
        var error = Assert.Throws<KubeconfigException>(() => Read(text));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pod_connects_with_its_service_account()
    {
        File.WriteAllText(Path.Combine(_directory, "token"), "t");
        File.WriteAllText(Path.Combine(_directory, "ca.crt"), "CA");
        File.WriteAllText(Path.Combine(_directory, "namespace"), "mine\n");
        var connection = KubernetesConnection.InCluster(name => name.EndsWith("HOST", StringComparison.Ordinal) ? "fd00::1" : "443", _directory);
        Assert.Equal("https://[fd00::1]/", connection.Server.ToString());
        Assert.Equal(("mine", "CA", "t"), (connection.Namespace, connection.CertificateAuthorityPem, connection.Authorization()!.Parameter));
        Assert.Throws<KubeconfigException>(() => KubernetesConnection.InCluster(_ => null, _directory));
    }

    [Fact]
    public async Task Client_speaks_to_a_server_of_its_authority_with_its_certificate_and_to_no_other()
    {
        using var authority = Certificate("CN=ca", null);
        using var serverCertificate = Certificate("CN=server", authority);
        using var clientCertificate = Certificate("CN=client", authority);
        var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var serving = ServeAsync(listener, serverCertificate);
        var connection = new KubernetesConnection
        {
            Server = new($"https://127.0.0.1:{port}/prefix"),
            CertificateAuthorityPem = authority.ExportCertificatePem(),
            ClientCertificatePem = clientCertificate.ExportCertificatePem(),
            ClientKeyPem = clientCertificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
            Proxy = new("http://127.0.0.1:9"),
        };
        using var client = connection.CreateHttpClient();
        Assert.Equal("CN=client GET /prefix/version?x=1 HTTP/1.1", await client.GetStringAsync(new Uri("/version?x=1", UriKind.Relative), TestContext.Current.CancellationToken));
        using var stranger = (connection with { CertificateAuthorityPem = clientCertificate.ExportCertificatePem() }).CreateHttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetStringAsync(new Uri("/version", UriKind.Relative), TestContext.Current.CancellationToken));
        listener.Stop();
        await serving;
    }

    public void Dispose() => Directory.Delete(_directory, true);

    private static async Task ServeAsync(System.Net.Sockets.TcpListener listener, X509Certificate2 certificate)
    {
        using var usable = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptTcpClientAsync();
                await using var tls = new System.Net.Security.SslStream(socket.GetStream(), false, (_, _, _, _) => true);
                try
                {
                    await tls.AuthenticateAsServerAsync(usable, true, false);
                    using var reader = new StreamReader(tls, leaveOpen: true);
                    var body = $"{tls.RemoteCertificate?.Subject} {await reader.ReadLineAsync()}";
                    await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
                    await tls.ShutdownAsync();
                }
                catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
                {
                    // The stranger does not accept the certificate.
                }
            }
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or InvalidOperationException)
        {
            // The listener was stopped.
        }
    }

    private static X509Certificate2 Certificate(string subject, X509Certificate2? authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority is null, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var (from, to) = (DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
        if (authority is null) return request.CreateSelfSigned(from, to);
        using var signed = request.Create(authority, from, to, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    private KubernetesConnection Read(string text)
    {
        var path = Path.Combine(_directory, "config");
        File.WriteAllText(path, text);
        return KubernetesConnection.FromKubeconfig(path);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
