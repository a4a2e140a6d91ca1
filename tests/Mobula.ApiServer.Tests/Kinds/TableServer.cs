using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Kinds;

/// <summary>A server without a network, and the administrator's way in, for tables of recorded requests.</summary>
public sealed class TableServer : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();

    public ApiServerHost Host { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = await ApiServerHost.StartAsync(new() { DataDirectory = _directory.Path }, cancellation: TestContext.Current.CancellationToken);
        Http = new(Host.CreateHandler("admin", "system:masters")) { BaseAddress = Host.Endpoint };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>The rows of a vendored table.</summary>
    public static IReadOnlyList<JsonObject> Rows(string name)
    {
        using var stream = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "testdata", $"{name}.jsonl.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        var rows = new List<JsonObject>();
        while (reader.ReadLine() is { } line) rows.Add(KubernetesJson.ParseObject(Encoding.UTF8.GetBytes(line)));
        return rows;
    }

    /// <summary>A namespace with the ServiceAccount that pods get.</summary>
    public async Task CreateNamespaceAsync(string name, JsonObject? labels = null)
    {
        await PostAsync("/api/v1/namespaces", new() { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = labels } });
        await PostAsync($"/api/v1/namespaces/{name}/serviceaccounts", new() { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = new JsonObject { ["name"] = "default" } });
    }

    /// <summary>Posts an object; the answer as a row of a table has it, the body as text.</summary>
    public async Task<(int Status, string Text, IReadOnlyList<string> Warnings)> PostAsync(string path, JsonObject body, string agent = "random/1.0")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body.ToUtf8()) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var warnings = response.Headers.TryGetValues("Warning", out var values) ? values.ToArray() : [];
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), warnings);
    }

    /// <summary>Writes what differs into the file that MOBULA_TABLE_DIFFERENCES names, for those who work on it.</summary>
    public static void Report(string table, int equal, int all, IReadOnlyList<string> differences)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{table}: {equal} of {all} equal");
        foreach (var difference in differences.Take(10)) TestContext.Current.TestOutputHelper?.WriteLine(difference);
        if (Environment.GetEnvironmentVariable("MOBULA_TABLE_DIFFERENCES") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllLines(Path.Combine(folder, $"{table}.jsonl"), [$"{equal} of {all}", .. differences]);
        }
    }
}
