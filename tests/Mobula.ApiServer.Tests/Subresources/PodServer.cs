using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Mobula.ApiServer.Tests.Subresources;

/// <summary>A web server that tells what reached it, and echoes WebSockets.</summary>
internal sealed class PodServer : IAsyncDisposable
{
    private readonly WebApplication _web;

    private PodServer(WebApplication web) => _web = web;

    public int Port => new Uri(_web.Urls.First()).Port;

    public static async Task<PodServer> StartAsync(IPAddress address)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(address, 0));
        var web = builder.Build();
        web.UseWebSockets(new WebSocketOptions());
        web.Run(AnswerAsync);
        await web.StartAsync(TestContext.Current.CancellationToken);
        return new(web);
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _web.StopAsync(soon.Token);
        await _web.DisposeAsync();
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        if (http.WebSockets.IsWebSocketRequest)
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[64];
            var received = await socket.ReceiveAsync(buffer, http.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, true, http.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
            return;
        }
        if (http.Request.Path == "/moved")
        {
            http.Response.Redirect("/there");
            return;
        }
        http.Response.StatusCode = 202;
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        var target = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        await http.Response.WriteAsync($"{http.Request.Method} {target} mine={http.Request.Headers["X-Mine"]} authorization={http.Request.Headers.Authorization} body={body}", http.RequestAborted);
    }
}
