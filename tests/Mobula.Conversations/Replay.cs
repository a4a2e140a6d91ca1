using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.Conversations;

/// <summary>One step's outcome: what the real server answered, and what this one did.</summary>
/// <param name="Step">The step as recorded.</param>
/// <param name="Wanted">The recorded answer, without what is not compared.</param>
/// <param name="Got">The answer given, normalised in the same way.</param>
public sealed record StepOutcome(JsonObject Step, JsonNode Wanted, JsonNode Got)
{
    /// <summary>Whether the answers are equal; the order of keys means nothing.</summary>
    public bool Holds { get; } = JsonNode.DeepEquals(Wanted, Got);

    /// <summary>What happens in the step, in words, with its request.</summary>
    public string Title => $"{Step.Text("do")} {Step.Text("method")} {Step.Text("path") ?? Step["run"]?.ToJsonString()}";
}

/// <summary>Speaks a conversation with a server, step by step.</summary>
public sealed partial class Replay
{
    private static readonly string[] KeptHeaders = ["Content-Type", "Warning", "Retry-After", "WWW-Authenticate", "Allow", "Location"];

    private readonly Conversation _conversation;
    private readonly ReplayTarget _target;
    private readonly Normaliser _normaliser;
    private readonly Dictionary<string, string> _captured;

    private readonly TimeSpan _patience;

    private Replay(Conversation conversation, ReplayTarget target, TimeSpan patience)
    {
        _patience = patience;
        (_conversation, _target, _normaliser) = (conversation, target, new(conversation));
        _captured = conversation.Let.ToDictionary();
        if (conversation.Namespace is { } ns) _captured["ns"] = ns;
    }

    /// <summary>Replays a conversation from its first to its last step.</summary>
    /// <param name="conversation">What to say.</param>
    /// <param name="target">To whom.</param>
    /// <param name="patience">
    /// How long a step that only looks may look again until it sees what was recorded. What controllers bring about comes in its own
    /// time, here and where it was recorded; that it comes is what counts.
    /// </param>
    public static async Task<IReadOnlyList<StepOutcome>> RunAsync(Conversation conversation, ReplayTarget target, TimeSpan patience = default)
    {
        var replay = new Replay(conversation, target, patience);
        if (conversation.Namespace is not null) await replay.CreateNamespaceAsync();
        try
        {
            var outcomes = new List<StepOutcome>();
            foreach (var step in conversation.Steps) outcomes.Add(await replay.StepAsync(step));
            return outcomes;
        }
        finally
        {
            if (conversation.Namespace is { } ns) await replay.DeleteAsync($"/api/v1/namespaces/{ns}");
            foreach (var path in conversation.Cleanup) await replay.DeleteAsync(replay.Fill(path));
        }
    }

    private async Task<StepOutcome> StepAsync(JsonObject step)
    {
        if (step["sleep"] is JsonValue sleep) await Task.Delay(TimeSpan.FromSeconds(Number(sleep)));
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var outcome = await OnceAsync(step);
            if (outcome.Holds || !OnlyLooks(step) || Stopwatch.GetElapsedTime(began) > _patience) return outcome;
            await Task.Delay(200);
        }
    }

    private static bool OnlyLooks(JsonObject step) =>
        step["watch"] is null && (step.Text("method") == "GET" || step.Text("run")?.StartsWith("kubectl get", StringComparison.Ordinal) == true);

    private async Task<StepOutcome> OnceAsync(JsonObject step)
    {
        JsonObject answer;
        JsonNode? raw = null;
        try
        {
            if (step["frames"] is not null) throw new IOException("WebSockets are not replayed");
            (answer, raw) = step["run"] is not null ? await RunCommandAsync(step) : step["watch"] is not null ? await WatchAsync(step) : await RequestAsync(step);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            answer = new JsonObject { ["error"] = $"{e.GetType().Name}: {e.Message}" };
        }
        foreach (var (name, pointer) in step.TextMap("capture")) _captured[name] = JsonPointers.TryFind(raw, pointer, out var value) ? PlainText(value) : $"(no {pointer})";
        var wanted = step.Object("answer")!.Clone();
        if (_target.AuditLog is null)
        {
            wanted.Remove("audit");
            answer.Remove("audit");
        }
        foreach (var pointer in step.Texts("ignore"))
        {
            JsonPointers.Drop(wanted, pointer);
            JsonPointers.Drop(answer, pointer);
        }
        return new(step, wanted, answer);
    }

    private async Task<(JsonObject Answer, JsonNode? Raw)> RequestAsync(JsonObject step)
    {
        var method = new HttpMethod(step.Text("method")!);
        var path = Fill(step.Text("path")!);
        var body = Body(step);
        var until = step.Object("until");
        var deadline = DateTime.UtcNow.AddSeconds(until?.Integer("seconds") ?? 20);
        HttpResponseMessage response;
        string text;
        JsonNode? json;
        while (true)
        {
            response = await _target.SendAsync(method, path, FilledHeaders(step), body, step.Flag("anonymous") == true, HttpCompletionOption.ResponseContentRead, default);
            text = Encoding.UTF8.GetString(await ReadBodyAsync(response));
            json = ParseOrNull(text, out var isJson) ?? (isJson ? null : JsonValue.Create(text));
            if (until is null || IsReached(until, (int)response.StatusCode, json) || DateTime.UtcNow > deadline) break;
            response.Dispose();
            await Task.Delay(100);
        }
        using (response)
        {
            if (step.Text("body", "metadata", "generateName") is { Length: > 0 } prefix) _normaliser.LearnPrefix(prefix);
            foreach (var (name, pointer) in step.TextMap("learn"))
            {
                if (JsonPointers.TryFind(json, pointer, out var value)) _normaliser.Learn(PlainText(value), $"<{name}>");
            }
            foreach (var (name, header) in step.TextMap("captureHeader"))
            {
                if (HeaderOf(response, header) is { } value) _captured[name] = value;
            }
            var answer = new JsonObject { ["status"] = (int)response.StatusCode, ["headers"] = HeadersOf(response, step) };
            if (json is JsonValue v && v.GetValueKind() == JsonValueKind.String && ReferenceEquals(ParseOrNull(text, out _), null)) answer["text"] = _normaliser.YamlText(text);
            else answer["body"] = _normaliser.Value(json);
            await AddAuditAsync(answer, response);
            foreach (var (pointer, key) in step.TextMap("sorted")) Sort(answer, pointer, key);
            foreach (var pointer in step.Texts("typed")) JsonPointers.MaskType(answer, pointer);
            return (answer, json);
        }
    }

    private async Task<(JsonObject Answer, JsonNode? Raw)> WatchAsync(JsonObject step)
    {
        var limit = step.Integer("watch", "events") ?? int.MaxValue;
        var seconds = step.At("watch", "seconds") is { } length ? Number(length) : 3;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        using var response = await _target.SendAsync(new(step.Text("method")!), Fill(step.Text("path")!), FilledHeaders(step), null, step.Flag("anonymous") == true, HttpCompletionOption.ResponseHeadersRead, default);
        var raw = new JsonArray();
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));
            while (raw.Count < limit && await reader.ReadLineAsync(patience.Token) is { } line)
            {
                if (line.Length > 0) raw.Add(JsonNode.Parse(line));
            }
        }
        catch (OperationCanceledException)
        {
            // The step says how long to listen.
        }
        var answer = new JsonObject
        {
            ["status"] = (int)response.StatusCode,
            ["headers"] = HeaderOf(response, "Content-Type") is { } type ? new JsonObject { ["Content-Type"] = type } : new JsonObject(),
            ["events"] = new JsonArray([.. raw.Select(e => _normaliser.Value(e))]),
        };
        await AddAuditAsync(answer, response);
        return (answer, raw);
    }

    private async Task<(JsonObject Answer, JsonNode? Raw)> RunCommandAsync(JsonObject step)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (step["run"] is JsonArray words)
        {
            start.FileName = Fill(words[0]!.GetValue<string>());
            foreach (var word in words.Skip(1)) start.ArgumentList.Add(Fill(word!.GetValue<string>()));
        }
        else
        {
            start.FileName = "/bin/sh";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(Fill(step.Text("run")!));
        }
        start.Environment["KUBECONFIG"] = _target.Kubeconfig;
        start.Environment["SERVER"] = _target.Url;
        start.Environment["KUBECTL_EXTERNAL_DIFF"] = "diff -u -N";
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(Fill(step.Text("stdin") ?? ""));
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        var text = await output;
        var answer = new JsonObject { ["exit"] = process.ExitCode, ["stdout"] = _normaliser.Text(text, true), ["stderr"] = _normaliser.Text(await error, true) };
        return (answer, ParseOrNull(text, out _) ?? JsonValue.Create(text));
    }

    private async Task AddAuditAsync(JsonObject answer, HttpResponseMessage response)
    {
        if (!_conversation.WantsAudit || _target.AuditLog is null || HeaderOf(response, "Audit-Id") is not { } id) return;
        var events = (JsonArray)_normaliser.Value(await _target.AuditEventsAsync(id))!;
        foreach (var e in events.OfType<JsonObject>()) e["user"] = "<caller>";
        answer["audit"] = events;
    }

    private async Task CreateNamespaceAsync()
    {
        var ns = _conversation.Namespace!;
        var labels = new JsonObject { ["kubernetes.io/metadata.name"] = ns };
        foreach (var (name, value) in _conversation.Labels ?? []) labels[name] = value!.DeepClone();
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns, ["labels"] = labels } }.ToUtf8();
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var response = await _target.SendAsync(HttpMethod.Post, "/api/v1/namespaces", new() { ["User-Agent"] = "python-requests/2" }, body, false, HttpCompletionOption.ResponseContentRead, default);
            if (response.StatusCode == HttpStatusCode.Created) break;
            await DeleteAsync($"/api/v1/namespaces/{ns}");
            await Task.Delay(100);
        }
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var response = await _target.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}/serviceaccounts/default", null, null, false, HttpCompletionOption.ResponseContentRead, default);
            if (response.IsSuccessStatusCode) return;
            await Task.Delay(50);
        }
    }

    private async Task DeleteAsync(string path)
    {
        using var response = await _target.SendAsync(HttpMethod.Delete, path, null, null, false, HttpCompletionOption.ResponseContentRead, default);
    }

    private byte[]? Body(JsonObject step)
    {
        if (step.ContainsKey("body"))
        {
            var text = new StringBuilder();
            WriteSpaced(text, FillTree(step["body"]));
            return Encoding.UTF8.GetBytes(text.ToString());
        }
        if (step.Text("base64") is { } base64) return Convert.FromBase64String(base64);
        return step.Text("text") is { } raw ? Encoding.UTF8.GetBytes(Fill(raw)) : null;
    }

    private JsonObject? FilledHeaders(JsonObject step) => step.Object("headers") is { } headers ? (JsonObject)FillTree(headers)! : null;

    private JsonObject HeadersOf(HttpResponseMessage response, JsonObject step)
    {
        var kept = new JsonObject();
        foreach (var name in KeptHeaders.Concat(step.Texts("headersToo")))
        {
            if (name == "Warning" && response.Headers.TryGetValues(name, out var warnings)) kept[name] = new JsonArray([.. warnings.Select(w => (JsonNode)_normaliser.Text(w))]);
            else if (HeaderOf(response, name) is { } value) kept[name] = _normaliser.Text(value);
        }
        return kept;
    }

    private static string? HeaderOf(HttpResponseMessage response, string name)
    {
        if (!response.Headers.NonValidated.TryGetValues(name, out var values) && !response.Content.Headers.NonValidated.TryGetValues(name, out values)) return null;
        return string.Join(", ", values);
    }

    private static async Task<byte[]> ReadBodyAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        if (!response.Content.Headers.ContentEncoding.Contains("gzip")) return body;
        await using var zipped = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var whole = new MemoryStream();
        await zipped.CopyToAsync(whole);
        return whole.ToArray();
    }

    /// <summary>JSON with a blank after commas and colons, as the recorded requests had: errors quote the body.</summary>
    private static void WriteSpaced(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                text.Append('{');
                foreach (var (i, (name, value)) in o.Index())
                {
                    text.Append(i > 0 ? ", " : "").Append(JsonValue.Create(name)!.ToJsonString()).Append(": ");
                    WriteSpaced(text, value);
                }
                text.Append('}');
                break;
            case JsonArray a:
                text.Append('[');
                foreach (var (i, value) in a.Index())
                {
                    if (i > 0) text.Append(", ");
                    WriteSpaced(text, value);
                }
                text.Append(']');
                break;
            default: text.Append(node?.ToJsonString() ?? "null"); break;
        }
    }

    private static JsonNode? ParseOrNull(string text, out bool isJson)
    {
        try
        {
            var node = JsonNode.Parse(text);
            isJson = true;
            return node;
        }
        catch (JsonException)
        {
            isJson = false;
            return null;
        }
    }

    private bool IsReached(JsonObject until, int status, JsonNode? body)
    {
        if (until.Integer("status") is { } wantedStatus && wantedStatus != status) return false;
        foreach (var (pointer, wanted) in until.Object("is") ?? [])
        {
            if (!JsonPointers.TryFind(body, pointer, out var found) || !JsonNode.DeepEquals(found, FillTree(wanted))) return false;
        }
        return until.Texts("has").All(p => JsonPointers.TryFind(body, p, out _));
    }

    private static void Sort(JsonObject answer, string pointer, string key)
    {
        if (!JsonPointers.TryFind(answer, pointer, out var found) || found is not JsonArray list) return;
        var items = list.Select(i => (Key: JsonPointers.TryFind(i, key, out var k) ? PlainText(k) : "", Item: i)).OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => i.Item).ToList();
        list.Clear();
        foreach (var item in items) list.Add(item);
    }

    private static double Number(JsonNode number) => double.Parse(number.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    private static string PlainText(JsonNode? value) => value is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : value?.ToJsonString() ?? "None";

    private string Fill(string text) => Variable().Replace(text, m => _captured.TryGetValue(m.Groups[1].Value, out var value) ? value : m.Value);

    private JsonNode? FillTree(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                var result = new JsonObject();
                foreach (var (name, value) in o) result[Fill(name)] = FillTree(value);
                return result;
            case JsonArray a: return new JsonArray([.. a.Select(FillTree)]);
            case JsonValue v when v.GetValueKind() == JsonValueKind.String: return Fill(v.GetValue<string>());
            default: return node?.DeepClone();
        }
    }

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Variable();
}
