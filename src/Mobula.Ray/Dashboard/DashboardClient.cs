using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Mobula.Ray.Dashboard;

/// <summary>Speaks with the dashboard of a Ray cluster: jobs and applications of Ray Serve.</summary>
/// <param name="http">Sends; its time limit is the caller's business.</param>
/// <param name="address">Where the dashboard is, for example <c>http://c-head-svc.ns.svc.cluster.local:8265</c>.</param>
/// <param name="token">For clusters that ask for one; null for none.</param>
public sealed class DashboardClient(HttpClient http, Uri address, string? token = null)
{
    private const string DuplicateSubmission = "Please use a different submission_id";
    private readonly string _base = address.ToString().TrimEnd('/');

    /// <summary>A job; null when the dashboard knows none of that id.</summary>
    /// <exception cref="DashboardException">The answer is no job.</exception>
    /// <exception cref="HttpRequestException">The dashboard cannot be reached.</exception>
    public async Task<JobDetails?> FindJobAsync(string id, CancellationToken cancellation)
    {
        var path = $"/api/jobs/{Uri.EscapeDataString(id)}";
        var (status, body) = await SendAsync(HttpMethod.Get, path, null, hasJsonBody: false, cancellation).ConfigureAwait(false);
        // What is no 404 is judged by its body alone, as KubeRay does.
        return status == HttpStatusCode.NotFound ? null : Read(body, DashboardJson.Default.JobDetails, $"GET {path}", status);
    }

    /// <summary>Submits a job.</summary>
    /// <returns>Whether it is new; false when a job of that id was submitted before.</returns>
    /// <exception cref="DashboardException">It was refused.</exception>
    /// <exception cref="HttpRequestException">The dashboard cannot be reached.</exception>
    public async Task<bool> SubmitAsync(JobSubmission submission, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var content = JsonSerializer.SerializeToUtf8Bytes(submission, DashboardJson.Default.JobSubmission);
        var (status, body) = await SendAsync(HttpMethod.Post, "/api/jobs/", content, hasJsonBody: true, cancellation).ConfigureAwait(false);
        if ((int)status is >= 200 and < 300) return true;
        var text = System.Text.Encoding.UTF8.GetString(body);
        if (text.Contains(DuplicateSubmission, StringComparison.Ordinal)) return false;
        throw new DashboardException($"POST /api/jobs/: {(int)status} {Cut(text)}", status);
    }

    /// <summary>Stops a job.</summary>
    /// <returns>Whether it is stopped or at an end.</returns>
    /// <exception cref="DashboardException">The answer makes no sense.</exception>
    /// <exception cref="HttpRequestException">The dashboard cannot be reached.</exception>
    public async Task<bool> StopAsync(string id, CancellationToken cancellation)
    {
        var path = $"/api/jobs/{Uri.EscapeDataString(id)}/stop";
        var (status, body) = await SendAsync(HttpMethod.Post, path, null, hasJsonBody: true, cancellation).ConfigureAwait(false);
        if (Read(body, DashboardJson.Default.StopAnswer, $"POST {path}", status).Stopped) return true;
        return await FindJobAsync(id, cancellation).ConfigureAwait(false) is not { } job || JobDetails.IsTerminal(job.Status);
    }

    /// <summary>The applications of Ray Serve by name.</summary>
    /// <exception cref="DashboardException">The answer is an error, or none of Ray Serve's.</exception>
    /// <exception cref="HttpRequestException">The dashboard cannot be reached.</exception>
    public async Task<IReadOnlyDictionary<string, ServeApplication>> ServeApplicationsAsync(CancellationToken cancellation)
    {
        const string path = "/api/serve/applications/?api_type=declarative";
        var (status, body) = await SendAsync(HttpMethod.Get, path, null, hasJsonBody: false, cancellation).ConfigureAwait(false);
        if ((int)status is < 200 or >= 300) throw new DashboardException($"GET {path}: {(int)status} {Cut(System.Text.Encoding.UTF8.GetString(body))}", status);
        return Read(body, DashboardJson.Default.ServeDetails, $"GET {path}", status).Applications ?? new Dictionary<string, ServeApplication>();
    }

    /// <summary>Declares the applications of Ray Serve.</summary>
    /// <param name="config">The configuration (Ray's <c>ServeDeploySchema</c>).</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="DashboardException">It was refused.</exception>
    /// <exception cref="HttpRequestException">The dashboard cannot be reached.</exception>
    public async Task DeployAsync(JsonObject config, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(config);
        const string path = "/api/serve/applications/";
        var (status, body) = await SendAsync(HttpMethod.Put, path, System.Text.Encoding.UTF8.GetBytes(config.ToJsonString()), hasJsonBody: true, cancellation).ConfigureAwait(false);
        if ((int)status is < 200 or >= 300) throw new DashboardException($"PUT {path}: {(int)status} {Cut(System.Text.Encoding.UTF8.GetString(body))}", status);
    }

    private async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(HttpMethod method, string path, byte[]? content, bool hasJsonBody, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, _base + path);
        if (hasJsonBody)
        {
            request.Content = new ByteArrayContent(content ?? []);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        if (token is not null) request.Headers.TryAddWithoutValidation("x-ray-authorization", $"Bearer {token}");
        using var response = await http.SendAsync(request, cancellation).ConfigureAwait(false);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
    }

    private static T Read<T>(byte[] body, JsonTypeInfo<T> type, string what, HttpStatusCode status)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, type) is { } value) return value;
        }
        catch (JsonException)
        {
        }
        throw new DashboardException($"{what}: {(int)status} {Cut(System.Text.Encoding.UTF8.GetString(body))}", status);
    }

    private static string Cut(string text) => text.Length <= 300 ? text : text[..300];
}
