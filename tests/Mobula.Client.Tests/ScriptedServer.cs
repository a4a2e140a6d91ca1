using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Mobula.Kubernetes;

namespace Mobula.Client.Tests;

/// <summary>Answers each request by the next line of a script, and keeps what was asked. Past its end it hangs.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    private readonly ConcurrentQueue<Func<HttpRequestMessage, HttpResponseMessage>> _script = new();
    private readonly SemaphoreSlim _arrived = new(0);

    public List<string> Requests { get; } = [];

    public List<string> Bodies { get; } = [];

    public KubernetesApi Api => new(new HttpClient(this, false) { BaseAddress = new("http://server"), Timeout = Timeout.InfiniteTimeSpan }, "tests");

    public ScriptedServer Json(string body, int status = 200)
    {
        _script.Enqueue(_ => new((HttpStatusCode)status) { Content = new StringContent(body) });
        return this;
    }

    public ScriptedServer Error(int code, string reason) =>
        Json(Encoding.UTF8.GetString(new StatusException(code, reason, $"refused: {reason}").Status.ToUtf8()), code);

    public ScriptedServer Unreachable()
    {
        _script.Enqueue(_ => throw new HttpRequestException("connection refused"));
        return this;
    }

    /// <summary>Echoes the body of the request.</summary>
    public ScriptedServer Echo()
    {
        _script.Enqueue(r => new(HttpStatusCode.OK) { Content = new ByteArrayContent(r.Content!.ReadAsByteArrayAsync().Result) });
        return this;
    }

    /// <summary>Answers with a stream that the test writes piece by piece.</summary>
    public PipeWriter Stream()
    {
        var pipe = new Pipe();
        _script.Enqueue(_ => new(HttpStatusCode.OK) { Content = new StreamContent(pipe.Reader.AsStream()) });
        return pipe.Writer;
    }

    /// <summary>Waits until that many requests have come in all.</summary>
    public async Task ArrivedAsync(int count)
    {
        while (true)
        {
            lock (Requests)
            {
                if (Requests.Count >= count) return;
            }
            await _arrived.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        lock (Requests)
        {
            Requests.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
            Bodies.Add(body);
        }
        _arrived.Release();
        if (_script.TryDequeue(out var answer)) return answer(request);
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException();
    }
}
