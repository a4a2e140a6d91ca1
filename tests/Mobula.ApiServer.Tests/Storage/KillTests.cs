using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Mobula.ApiServer.Tests.Storage;

public sealed partial class KillTests
{
    [Fact]
    public async Task Kill_during_writes_loses_nothing_that_was_acknowledged()
    {
        using var directory = new TemporaryDirectory();
        var acknowledged = new ConcurrentDictionary<string, string>();
        for (var round = 0; round < 3; round++)
        {
            using var process = await HarnessProcess.StartAsync(directory);
            using var http = process.Client();
            var writers = Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
            {
                for (var i = 0; ; i++)
                {
                    var name = $"r{round}-w{w}-{i}";
                    try
                    {
                        using var content = new StringContent($$$"""{"metadata":{"name":"{{{name}}}"},"data":{"k":"{{{name}}}"}}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                        using var response = await http.PostAsync("/api/v1/namespaces/default/configmaps", content, TestContext.Current.CancellationToken);
                        if (!response.IsSuccessStatusCode) return;
                        acknowledged[name] = VersionPattern().Match(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Value;
                    }
                    catch (HttpRequestException)
                    {
                        return;
                    }
                }
            }, TestContext.Current.CancellationToken)).ToList();
            // Killed in the midst of writing, however slow the machine is.
            var enough = acknowledged.Count + Random.Shared.Next(20, 200);
            while (acknowledged.Count < enough && !writers.TrueForAll(w => w.IsCompleted)) await Task.Delay(5, TestContext.Current.CancellationToken);
            process.Kill();
            await Task.WhenAll(writers);
        }
        using (var process = await HarnessProcess.StartAsync(directory))
        {
            using var http = process.Client();
            var list = await http.GetStringAsync("/api/v1/namespaces/default/configmaps", TestContext.Current.CancellationToken);
            Assert.NotEmpty(acknowledged);
            foreach (var (name, version) in acknowledged)
            {
                Assert.Contains($"\"name\":\"{name}\"", list, StringComparison.Ordinal);
                Assert.Contains(version, list, StringComparison.Ordinal);
            }
        }
    }

    [GeneratedRegex("\"resourceVersion\":\"\\d+\"")]
    private static partial Regex VersionPattern();
}

/// <summary>The harness as a process of its own, so that it can be killed.</summary>
internal sealed class HarnessProcess : IDisposable
{
    private readonly Process _process;
    private readonly Uri _endpoint;
    private readonly string _certificate;

    private HarnessProcess(Process process, Uri endpoint, string certificate)
    {
        _process = process;
        _endpoint = endpoint;
        _certificate = certificate;
    }

    public static async Task<HarnessProcess> StartAsync(TemporaryDirectory directory)
    {
        var kubeconfig = directory.File("kubeconfig");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "Mobula.ApiServer.Harness.dll"), "--data-dir", directory.File("data"), "--kubeconfig", kubeconfig }) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("the server did not start");
        var text = await File.ReadAllTextAsync(kubeconfig, TestContext.Current.CancellationToken);
        string Pem(string field) => Encoding.UTF8.GetString(Convert.FromBase64String(text.Split($"{field}: ")[1].Split('\n')[0]));
        return new(process, new(line.Split(' ')[1]), Pem("client-certificate-data") + "\n" + Pem("client-key-data"));
    }

    public HttpClient Client()
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        handler.SslOptions.ClientCertificates = [System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(_certificate, _certificate)];
        return new(handler) { BaseAddress = _endpoint };
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
