using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Mobula.Ray.Dashboard;

namespace Mobula.Ray.Tests.Dashboard;

/// <summary>A dashboard that gives prepared answers in their order and remembers what it was asked.</summary>
internal sealed class RecordedDashboard(params (HttpStatusCode Status, string Body)[] answers) : HttpMessageHandler
{
    private readonly Queue<(HttpStatusCode Status, string Body)> _answers = new(answers);

    public sealed record Request(string Line, string? Body, MediaTypeHeaderValue? ContentType, string? Token);

    public List<Request> Requests { get; } = [];

    public DashboardClient Client(string? token = null) => new(new HttpClient(this), new("http://c-head-svc.ns:8265/"), token);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : null;
        var token = request.Headers.TryGetValues("x-ray-authorization", out var values) ? values.Single() : null;
        Requests.Add(new($"{request.Method} {request.RequestUri!.AbsoluteUri}", body, request.Content?.Headers.ContentType, token));
        var (status, text) = _answers.Dequeue();
        return new(status) { Content = new StringContent(text, Encoding.UTF8) };
    }
}
