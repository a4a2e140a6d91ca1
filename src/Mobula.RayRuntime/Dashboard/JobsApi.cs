using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.RayRuntime.Head;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Dashboard;

/// <summary>The Jobs API: /api/jobs/… and /api/packages/….</summary>
internal sealed class JobsApi(Cluster cluster)
{
    private const string IdLetters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private readonly HttpClient _http = Agents();

    private static HttpClient Agents()
    {
        var http = new HttpClient();
        if (AuthenticationToken.Current is { } token) http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return http;
    }

    public async Task RouteAsync(HttpContext http, string path, bool browser)
    {
        if (path == "/api/jobs/")
        {
            if (http.Request.Method == "POST") await SubmitAsync(http);
            else await HttpAnswers.JsonAsync(http, 200, new JsonArray([.. cluster.WithJobs(j => (JsonNode)Cluster.JobJson(j, browser))]));
            return;
        }
        var parts = path.Split('/');
        var id = parts[3];
        if (cluster.WithJob(id, j => j) is not { } job)
        {
            await HttpAnswers.TextAsync(http, 404, $"Job {id} does not exist");
            return;
        }
        var operation = parts is [.., "tail"] ? "tail" : parts.Length > 4 ? parts[4] : http.Request.Method;
        if (operation is "tail" or "logs" && job.SubmissionId is null) await HttpAnswers.TextAsync(http, 400, "Can only get logs of submission type jobs");
        else if (operation is "stop" or "DELETE" && job.SubmissionId is null) await HttpAnswers.TextAsync(http, 400, $"Can only {(operation == "stop" ? "stop" : "delete")} submission type jobs");
        else if (operation == "logs") await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["logs"] = await LogAsync(job, http.RequestAborted) });
        else if (operation == "tail") await TailAsync(http, job);
        else if (operation == "stop") await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["stopped"] = cluster.StopJob(job) });
        else if (operation == "DELETE") await DeleteAsync(http, job);
        else await HttpAnswers.JsonAsync(http, 200, cluster.WithJob(id, j => Cluster.JobJson(j, browser))!);
    }

    private async Task SubmitAsync(HttpContext http)
    {
        JsonObject body;
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        try
        {
            body = JsonNode.Parse(await reader.ReadToEndAsync(http.RequestAborted)) as JsonObject ?? throw new JsonException("the body is not an object");
        }
        catch (JsonException e)
        {
            await HttpAnswers.TextAsync(http, 400, HttpAnswers.Traceback($"json.decoder.JSONDecodeError: {e.Message}"));
            return;
        }
        if (body["entrypoint"] is not JsonValue entrypoint || !entrypoint.TryGetValue(out string? command))
        {
            var error = body.ContainsKey("entrypoint") ? $"TypeError: entrypoint must be a string, got {PythonType(body["entrypoint"])}" : "TypeError: JobSubmitRequest.__init__() missing 1 required positional argument: 'entrypoint'";
            await HttpAnswers.TextAsync(http, 400, HttpAnswers.Traceback(error));
            return;
        }
        var unknown = body.Select(f => f.Key).FirstOrDefault(k => k is not ("entrypoint" or "submission_id" or "job_id" or "runtime_env" or "metadata" or "entrypoint_num_cpus" or "entrypoint_num_gpus" or "entrypoint_memory" or "entrypoint_resources" or "entrypoint_label_selector"));
        if (unknown is not null)
        {
            await HttpAnswers.TextAsync(http, 400, HttpAnswers.Traceback($"TypeError: JobSubmitRequest.__init__() got an unexpected keyword argument '{unknown}'"));
            return;
        }
        if (Refusal(body) is { } refusal)
        {
            await HttpAnswers.TextAsync(http, 400, HttpAnswers.Traceback($"TypeError: {refusal}"));
            return;
        }
        var id = body.TextOrNull("submission_id") ?? body.TextOrNull("job_id") ?? "raysubmit_" + RandomNumberGenerator.GetString(IdLetters, 16);
        var demand = (JsonObject)body.Object("entrypoint_resources").DeepClone();
        if (body.Real("entrypoint_num_cpus") is > 0 and var cpus) demand["CPU"] = cpus;
        if (body.Real("entrypoint_num_gpus") is > 0 and var gpus) demand["GPU"] = gpus;
        if (body.Real("entrypoint_memory") is > 0 and var memory) demand["memory"] = memory;
        var job = new JobRecord
        {
            SubmissionId = id,
            Entrypoint = command,
            Metadata = (JsonObject?)(body["metadata"] as JsonObject)?.DeepClone(),
            RuntimeEnv = (JsonObject?)(body["runtime_env"] as JsonObject)?.DeepClone(),
            Demand = ResourceSet.From(demand),
        };
        if (EnvironmentError(job.RuntimeEnv) is { } invalid)
        {
            var (type, text) = invalid;
            cluster.RejectJob(job, $"Failed to start supervisor actor {id}: '{text}'. Full traceback:\n{HttpAnswers.Traceback($"{type}: {text}")}", "JOB_SUPERVISOR_ACTOR_START_FAILURE");
        }
        else if (!cluster.SubmitJob(job))
        {
            var inner = HttpAnswers.Traceback($"ValueError: Job with submission_id {id} already exists. Please use a different submission_id.");
            await HttpAnswers.TextAsync(http, 500, HttpAnswers.Traceback($"RuntimeError: Request failed with status code 400: {inner}."));
            return;
        }
        await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["job_id"] = id, ["submission_id"] = id });
    }

    private static string? Refusal(JsonObject body)
    {
        if (body["submission_id"] is { } id && id.GetValueKind() != JsonValueKind.String) return $"submission_id must be a string if provided, got {PythonType(id)}";
        if (body["runtime_env"] is { } env && env is not JsonObject) return $"runtime_env must be a dict, got {PythonType(env)}";
        if (body["metadata"] is { } metadata)
        {
            if (metadata is not JsonObject entries) return $"metadata must be a dict, got {PythonType(metadata)}";
            foreach (var (_, value) in entries)
                if (value?.GetValueKind() != JsonValueKind.String) return $"metadata values must be strings, got {PythonType(value)}";
        }
        foreach (var field in new[] { "entrypoint_num_cpus", "entrypoint_num_gpus" })
            if (body[field] is { } number && number.GetValueKind() != JsonValueKind.Number) return $"{field} must be a number, got {PythonType(number)}";
        if (body["entrypoint_resources"] is { } resources && resources is not JsonObject) return $"entrypoint_resources must be a dict, got {PythonType(resources)}";
        return null;
    }

    private static string PythonType(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => "<class 'str'>",
        JsonValueKind.Number => node.AsValue().TryGetValue(out long _) ? "<class 'int'>" : "<class 'float'>",
        JsonValueKind.True or JsonValueKind.False => "<class 'bool'>",
        JsonValueKind.Array => "<class 'list'>",
        JsonValueKind.Object => "<class 'dict'>",
        _ => "<class 'NoneType'>",
    };

    private static (string Type, string Text)? EnvironmentError(JsonObject? environment)
    {
        if (environment is null) return null;
        if (environment["env_vars"] is JsonObject variables)
            foreach (var (_, value) in variables)
                if (value?.GetValueKind() != JsonValueKind.String)
                    return ("TypeError", $"runtime_env['env_vars'] must be of type Dict[str, str], but the value {value?.ToJsonString() ?? "None"} is of type {PythonType(value)}");
        if (environment.TextOrNull("working_dir") is { Length: > 0 } folder && !folder.Contains("://", StringComparison.Ordinal))
            return ("ValueError", $"{folder} is not a valid path.");
        return null;
    }

    private async Task DeleteAsync(HttpContext http, JobRecord job)
    {
        if (!job.Terminal)
        {
            var inner = HttpAnswers.Traceback($"RuntimeError: Attempted to delete job '{job.SubmissionId}', but it is in a non-terminal state {job.Status}.");
            await HttpAnswers.TextAsync(http, 500, HttpAnswers.Traceback($"RuntimeError: Request failed with status code 500: {inner}."));
            return;
        }
        cluster.ForgetJob(job);
        await HttpAnswers.JsonAsync(http, 200, new JsonObject { ["deleted"] = true });
    }

    private async Task<string> LogAsync(JobRecord job, CancellationToken cancel, long offset = 0)
    {
        var bytes = await LogBytesAsync(job, offset, cancel);
        return Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
    }

    /// <summary>The log lies at the node that ran the job; nothing yet when there is none.</summary>
    private async Task<byte[]> LogBytesAsync(JobRecord job, long offset, CancellationToken cancel)
    {
        if (job.Node is not { } node) return [];
        try
        {
            var host = node.IsHead ? "127.0.0.1" : node.Ip;
            return await _http.GetByteArrayAsync($"http://{host}:{node.AgentPort}/logs/job-driver-{Uri.EscapeDataString(job.SubmissionId!)}.log?offset={offset}", cancel);
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    private async Task TailAsync(HttpContext http, JobRecord job)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await HttpAnswers.TextAsync(http, 400, "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".");
            return;
        }
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnFinished(JobRecord finished) { if (ReferenceEquals(finished, job)) ended.TrySetResult(); }
        cluster.JobFinished += OnFinished;
        try
        {
            long offset = 0;
            while (socket.State == WebSocketState.Open)
            {
                var terminal = job.Terminal;
                var bytes = await LogBytesAsync(job, offset, http.RequestAborted);
                offset += bytes.Length;
                if (bytes.Length > 0) await socket.SendAsync(bytes, WebSocketMessageType.Text, true, http.RequestAborted);
                if (terminal) break;
                await Task.WhenAny(ended.Task, Task.Delay(300, http.RequestAborted));
            }
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException) { }
        finally
        {
            cluster.JobFinished -= OnFinished;
        }
    }

    public async Task PackageAsync(HttpContext http, string path)
    {
        var parts = path.Split('/');
        if (parts[3] != "gcs")
        {
            await HttpAnswers.InternalErrorAsync(http);
            return;
        }
        var uri = $"gcs://{parts[4]}";
        if (http.Request.Method == "PUT")
        {
            using var copy = new MemoryStream();
            await http.Request.Body.CopyToAsync(copy, http.RequestAborted);
            cluster.SetValue(uri, copy.ToArray());
            http.Response.StatusCode = 200;
        }
        else if (cluster.GetValue(uri) is null) await HttpAnswers.TextAsync(http, 404, $"Package {uri} does not exist");
        else http.Response.StatusCode = 200;
    }
}
