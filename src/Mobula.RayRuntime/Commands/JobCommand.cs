using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Commands;

/// <summary>`ray job submit|status|logs|list|stop|delete`.</summary>
internal sealed class JobCommand : IDisposable
{
    private static readonly string[] Common = ["--address", "--headers", "--verify", "--log-style", "--log-color"];
    private readonly CommandLog _log = new(TimeProvider.System, "cli.py:1");
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(5) };
    private Uri _address = null!;

    public static async Task<int> RunAsync(string[] args)
    {
        using var command = new JobCommand();
        var rest = args.Skip(1);
        return args.FirstOrDefault() switch
        {
            "submit" => await command.SubmitAsync(Arguments.Parse(rest, [.. Common, "--submission-id", "--job-id", "--runtime-env", "--runtime-env-json", "--working-dir", "--metadata-json",
                "--entrypoint-num-cpus", "--entrypoint-num-gpus", "--entrypoint-memory", "--entrypoint-resources", "--entrypoint-label-selector"], ["--no-wait", "-v", "--verbose"], stopAtPositional: true)),
            "status" => await command.StatusAsync(Arguments.Parse(rest, Common, ["-v"])),
            "logs" => await command.LogsAsync(Arguments.Parse(rest, Common, ["--follow", "-f", "-v"])),
            "stop" => await command.StopAsync(Arguments.Parse(rest, Common, ["--no-wait", "-v"])),
            "delete" => await command.DeleteAsync(Arguments.Parse(rest, Common, ["-v"])),
            "list" => await command.ListAsync(Arguments.Parse(rest, Common, ["-v"])),
            null => throw new UsageException("Missing command."),
            { } other => throw new UsageException($"No such command '{other}'."),
        };
    }

    private async Task ConnectAsync(Arguments a)
    {
        _address = await ClusterAddress.DashboardAsync(a.Value("--address"));
        _http.BaseAddress = _address;
        if (AuthenticationToken.Current is { } token) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in JsonNode.Parse(a.Value("--headers") ?? "{}") as JsonObject ?? []) _http.DefaultRequestHeaders.TryAddWithoutValidation(name, (string?)value);
        // Who may not ask at all is told so before anything else.
        await AskAsync(HttpMethod.Get, "api/version");
    }

    private void Greet() => _log.Info($"Job submission server address: {_address.ToString().TrimEnd('/')}");

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        try
        {
            using var response = await _http.SendAsync(new HttpRequestMessage(method, path) { Content = content });
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) throw new AuthenticationException();
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
            throw new ConnectionException($"Failed to connect to Ray at address: {_address.ToString().TrimEnd('/')}.");
        }
    }

    private static int Fail(HttpStatusCode status, string text)
    {
        Console.Error.WriteLine($"Traceback (most recent call last):\n  (in the command ray)\nRuntimeError: Request failed with status code {(int)status}: {text}.");
        return 1;
    }

    private static string Id(Arguments a) => a.Positional is [var id] ? id : throw new UsageException("Missing argument 'JOB_ID'.");

    private static JsonObject? Json(Arguments a, string flag)
    {
        if (a.Value(flag) is not { } text) return null;
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<int> SubmitAsync(Arguments a)
    {
        if (a.Positional.Count == 0) throw new UsageException("Missing argument 'ENTRYPOINT...'.");
        foreach (var flag in new[] { "--metadata-json", "--runtime-env-json", "--entrypoint-resources" })
            if (a.Value(flag) is { } text && Json(a, flag) is null)
            {
                _log.Error($"`{text}` is not a valid JSON string.");
                Console.Error.WriteLine("Error: Valid values look like this: `{}`");
                return 1;
            }
        await ConnectAsync(a);
        Greet();
        var environment = Json(a, "--runtime-env-json") ?? [];
        if (a.Value("--working-dir") is { } folder) environment["working_dir"] = folder;
        if (environment.TextOrNull("working_dir") is { Length: > 0 } local && !local.Contains("://", StringComparison.Ordinal)) environment["working_dir"] = await UploadAsync(local);
        var body = new JsonObject { ["entrypoint"] = Join(a.Positional), ["runtime_env"] = environment, ["metadata"] = Json(a, "--metadata-json") ?? [] };
        if (a.Value("--submission-id", "--job-id") is { } given) body["submission_id"] = given;
        if (a.Real("--entrypoint-num-cpus") is { } cpus) body["entrypoint_num_cpus"] = cpus;
        if (a.Real("--entrypoint-num-gpus") is { } gpus) body["entrypoint_num_gpus"] = gpus;
        if (a.Integer("--entrypoint-memory") is { } memory) body["entrypoint_memory"] = memory;
        if (Json(a, "--entrypoint-resources") is { } resources) body["entrypoint_resources"] = resources;
        var (status, answer) = await AskAsync(HttpMethod.Post, "api/jobs/", new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        if (status != HttpStatusCode.OK) return Fail(status, answer);
        var id = JsonNode.Parse(answer)!.AsObject().Text("submission_id");
        _log.Info();
        _log.Banner($"Job '{id}' submitted successfully");
        _log.Info();
        _log.Info("Next steps");
        foreach (var (title, command) in new[] { ("Query the logs of the job:", "logs"), ("Query the status of the job:", "status"), ("Request the job to be stopped:", "stop") })
        {
            _log.Info($"  {title}");
            _log.Info($"    ray job {command} {id}");
        }
        _log.Info();
        if (a.Has("--no-wait")) return 0;
        _log.Info("Tailing logs until the job exits (disable with --no-wait):");
        await FollowAsync(id);
        return await ReportAsync(id) == "SUCCEEDED" ? 0 : 1;
    }

    /// <summary>The words as one shell command line, quoted as Python's shlex.join does.</summary>
    internal static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(w =>
        w.Length > 0 && w.All(c => char.IsAsciiLetterOrDigit(c) || "@%+=:,./-_".Contains(c, StringComparison.Ordinal)) ? w : "'" + w.Replace("'", "'\"'\"'", StringComparison.Ordinal) + "'"));

    private async Task<string> UploadAsync(string folder)
    {
        if (!Directory.Exists(folder)) throw new UsageException($"directory {folder} must be an existing directory or a supported archive (.zip, .tar.gz, .tgz, .tar.xz)");
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                if (Path.GetRelativePath(folder, file) is var name && !name.StartsWith(".git/", StringComparison.Ordinal)) zip.CreateEntryFromFile(file, name);
        var uri = $"gcs://_ray_pkg_{Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))[..16]}.zip";
        var path = $"api/packages/gcs/{uri["gcs://".Length..]}";
        if ((await AskAsync(HttpMethod.Get, path)).Status == HttpStatusCode.NotFound)
        {
            _log.Other("packaging.py:1", "INFO", $"Uploading package {uri}.");
            await AskAsync(HttpMethod.Put, path, new ByteArrayContent(bytes.ToArray()));
        }
        return uri;
    }

    private async Task FollowAsync(string id)
    {
        using var socket = new ClientWebSocket();
        if (_http.DefaultRequestHeaders.Authorization is { } authorization) socket.Options.SetRequestHeader("Authorization", authorization.ToString());
        var scheme = _address.Scheme == "https" ? "wss" : "ws";
        await socket.ConnectAsync(new Uri($"{scheme}://{_address.Authority}/api/jobs/{Uri.EscapeDataString(id)}/logs/tail"), CancellationToken.None);
        await using var output = Console.OpenStandardOutput();
        await Console.Out.FlushAsync();
        var buffer = new byte[16 << 10];
        while (socket.State == WebSocketState.Open)
        {
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close) break;
            await output.WriteAsync(buffer.AsMemory(0, received.Count));
            await output.FlushAsync();
        }
        _log.Other("sdk.py:1", "INFO", $"WebSocket closed for job {id} with close code {(int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty)}", toError: true);
    }

    private async Task<JsonObject?> JobAsync(string id)
    {
        var (status, text) = await AskAsync(HttpMethod.Get, $"api/jobs/{Uri.EscapeDataString(id)}");
        if (status == HttpStatusCode.OK) return JsonNode.Parse(text)!.AsObject();
        Fail(status, text);
        return null;
    }

    /// <summary>Shows how a job is and gives its status; null when there is no such job.</summary>
    private async Task<string?> ReportAsync(string id)
    {
        if (await JobAsync(id) is not { } job) return null;
        var status = job.Text("status");
        _log.Info();
        switch (status)
        {
            case "SUCCEEDED": _log.Banner($"Job '{id}' succeeded"); break;
            case "STOPPED": _log.Warn($"Job '{id}' was stopped"); break;
            case "FAILED": _log.Banner($"Job '{id}' failed", success: false); break;
            default: _log.Info($"Status for job '{id}': {status}"); break;
        }
        if (status is not ("SUCCEEDED" or "STOPPED")) _log.Info($"Status message: {job.Text("message")}");
        _log.Info();
        return status;
    }

    private async Task<int> StatusAsync(Arguments a)
    {
        var id = Id(a);
        await ConnectAsync(a);
        Greet();
        return await ReportAsync(id) is null ? 1 : 0;
    }

    private async Task<int> LogsAsync(Arguments a)
    {
        var id = Id(a);
        await ConnectAsync(a);
        Greet();
        if (!a.Has("--follow") && !a.Has("-f"))
        {
            var (status, text) = await AskAsync(HttpMethod.Get, $"api/jobs/{Uri.EscapeDataString(id)}/logs");
            if (status != HttpStatusCode.OK) return Fail(status, text);
            Console.WriteLine(JsonNode.Parse(text)!.AsObject().Text("logs"));
            return 0;
        }
        if (await JobAsync(id) is null) return 1;
        await FollowAsync(id);
        await ReportAsync(id);
        return 0;
    }

    private async Task<int> StopAsync(Arguments a)
    {
        var id = Id(a);
        await ConnectAsync(a);
        Greet();
        _log.Info($"Attempting to stop job '{id}'");
        var (status, text) = await AskAsync(HttpMethod.Post, $"api/jobs/{Uri.EscapeDataString(id)}/stop");
        if (status != HttpStatusCode.OK) return Fail(status, text);
        if (a.Has("--no-wait")) return 0;
        _log.Info($"Waiting for job '{id}' to exit (disable with --no-wait):");
        while (await JobAsync(id) is { } job)
        {
            if (job.Text("status") is "SUCCEEDED" or "FAILED" or "STOPPED")
            {
                await ReportAsync(id);
                return 0;
            }
            await Task.Delay(200);
        }
        return 1;
    }

    private async Task<int> DeleteAsync(Arguments a)
    {
        var id = Id(a);
        await ConnectAsync(a);
        Greet();
        var (status, text) = await AskAsync(HttpMethod.Delete, $"api/jobs/{Uri.EscapeDataString(id)}");
        if (status != HttpStatusCode.OK) return Fail(status, text);
        _log.Success($"Job '{id}' deleted successfully");
        return 0;
    }

    private async Task<int> ListAsync(Arguments a)
    {
        await ConnectAsync(a);
        Greet();
        var (status, text) = await AskAsync(HttpMethod.Get, "api/jobs/");
        if (status != HttpStatusCode.OK) return Fail(status, text);
        Console.WriteLine(PythonJson.Write(JsonNode.Parse(text)));
        return 0;
    }

    public void Dispose() => _http.Dispose();
}
