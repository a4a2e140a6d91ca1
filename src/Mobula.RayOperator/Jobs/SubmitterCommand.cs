using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;
using Mobula.RayOperator.Hashing;

namespace Mobula.RayOperator.Jobs;

/// <summary>The shell command by which a submitter waits for the dashboard, submits the job and follows its logs.</summary>
internal static class SubmitterCommand
{
    /// <summary>The command line.</summary>
    /// <param name="job">The RayJob.</param>
    /// <param name="jobId">The id of the submission.</param>
    /// <param name="address">The dashboard, with its scheme.</param>
    /// <param name="healthAddress">The address at which its health is asked.</param>
    /// <param name="checksFirst">Whether it looks for a submission of that id first, so that a restarted submitter goes on where it was.</param>
    public static string Write(RayJobView job, string jobId, string address, string healthAddress, bool checksFirst)
    {
        var words = new List<string>
        {
            $"until python -c \"import urllib.request; r=urllib.request.urlopen('{healthAddress}/api/gcs_healthz', timeout=10); exit(0 if b'success' in r.read() else 1)\" >/dev/null 2>&1 ;",
            $"do echo \"Waiting for Ray Dashboard GCS to become healthy at {address} ...\" ; sleep 2 ; done ;",
        };
        if (checksFirst) words.Add($"if ! ray job status --address {address} {jobId} >/dev/null 2>&1 ; then");
        words.Add($"ray job submit --address {address}");
        if (checksFirst) words.Add("--no-wait");
        if (RuntimeEnvironment(job) is { } environment) words.Add($"--runtime-env-json {Quote(Json(environment))}");
        if (job.Object.Object("spec", "metadata") is { Count: > 0 } metadata) words.Add($"--metadata-json {Quote(Json(metadata))}");
        words.Add($"--submission-id {jobId}");
        if (job.CpuCount > 0) words.Add(string.Create(CultureInfo.InvariantCulture, $"--entrypoint-num-cpus {job.CpuCount:F6}"));
        if (job.GpuCount > 0) words.Add(string.Create(CultureInfo.InvariantCulture, $"--entrypoint-num-gpus {job.GpuCount:F6}"));
        if (job.Object.Text("spec", "entrypointResources") is { Length: > 0 } resources) words.Add($"--entrypoint-resources {Quote(resources)}");
        words.Add($"-- {job.Entrypoint} ;");
        if (checksFirst) words.Add($"fi ; ray job logs --address {address} --follow {jobId}");
        return string.Join(' ', words);
    }

    /// <summary><c>spec.runtimeEnvYAML</c> as an object; null when it is empty.</summary>
    /// <exception cref="FormatException">It is no YAML, or no mapping.</exception>
    public static JsonObject? RuntimeEnvironment(RayJobView job)
    {
        if (job.Object.Text("spec", "runtimeEnvYAML") is not { Length: > 0 } text) return null;
        var source = YamlSource.Read(text);
        if (source.Error is { } error) throw new FormatException($"runtimeEnvYAML: {error.Message}");
        return source.Documents.Count == 0 ? null : YamlJson.Convert(source.Documents[0]) switch
        {
            null => null,
            JsonObject environment => environment,
            _ => throw new FormatException("runtimeEnvYAML: a mapping is expected"),
        };
    }

    /// <summary>JSON as Go writes it: keys sorted, no blanks, HTML escaped.</summary>
    internal static string Json(JsonNode? node)
    {
        var output = new StringBuilder();
        Append(output, node);
        return output.ToString();
    }

    /// <summary>A Go string literal; the shell still sees <c>$</c> and backticks.</summary>
    internal static string Quote(string text)
    {
        var output = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"': output.Append("\\\""); break;
                case '\\': output.Append(@"\\"); break;
                case '\n': output.Append("\\n"); break;
                case '\r': output.Append("\\r"); break;
                case '\t': output.Append("\\t"); break;
                case '\a': output.Append("\\a"); break;
                case '\b': output.Append("\\b"); break;
                case '\f': output.Append("\\f"); break;
                case '\v': output.Append("\\v"); break;
                case < ' ' or 0x7f: output.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"); break;
                default: output.Append(rune.ToString()); break;
            }
        }
        return output.Append('"').ToString();
    }

    private static void Append(StringBuilder output, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                output.Append('{');
                var firstMember = true;
                foreach (var (key, value) in o.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    if (!firstMember) output.Append(',');
                    firstMember = false;
                    GoJson.WriteString(output, key);
                    output.Append(':');
                    Append(output, value);
                }
                output.Append('}');
                break;
            case JsonArray list:
                output.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) output.Append(',');
                    Append(output, list[i]);
                }
                output.Append(']');
                break;
            case JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String:
                GoJson.WriteString(output, value.GetValue<string>());
                break;
            default:
                output.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
