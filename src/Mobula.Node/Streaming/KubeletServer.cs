using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Mobula.Node.Containerd;

namespace Mobula.Node.Streaming;

/// <summary>
/// The kubelet's HTTPS endpoint, to which the API server passes on logs, exec, attach and port-forward. It listens on its own
/// port and speaks HTTP/1.1, whose connections can become WebSockets or SPDY.
/// </summary>
internal sealed class KubeletServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryChanges _changes;

    private KubeletServer(WebApplication app, DirectoryChanges changes, IPEndPoint endpoint)
    {
        _app = app;
        _changes = changes;
        EndPoint = endpoint;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <param name="options">How it listens and whom it lets in.</param>
    /// <param name="containerd">The node's containerd.</param>
    /// <param name="pipeFolder">A folder for named pipes, on a file system that has them.</param>
    /// <param name="pods">The node's pods.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<KubeletServer> StartAsync(
        KubeletServerOptions options, ContainerdConnection containerd, string pipeFolder, IPodLookup pods, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;

            // A log may be followed for days, and read slowly.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(options.Address, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = options.Certificate;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;

                    // Judged with the request, where a token will do as well.
                    https.ClientCertificateValidation = (_, _, _) => true;
                });
            });
        });
        var app = builder.Build();
        var changes = new DirectoryChanges();
        var authentication = new KubeletAuthentication(options);
        var logs = new LogEndpoint(containerd, pods, new ContainerLog(changes), time);
        var streams = new StreamEndpoints(containerd, pods, pipeFolder, time);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Run(context => authentication.IsKnown(context) ? HandleAsync(context, logs, streams, pods) : RefuseAsync(context, 401, "Unauthorized"));
        await app.StartAsync().ConfigureAwait(false);
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new KubeletServer(app, changes, new IPEndPoint(options.Address, address.Port));
    }

    public async ValueTask DisposeAsync()
    {
        // Followed logs and sessions would hold up an orderly stop.
        using var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(atOnce.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _changes.Dispose();
    }

    internal static Task RefuseAsync(HttpContext context, int code, string why)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(why + "\n", context.RequestAborted);
    }

    private static Task HandleAsync(HttpContext context, LogEndpoint logs, StreamEndpoints streams, IPodLookup pods)
    {
        var path = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        return path switch
        {
            ["healthz"] => context.Response.WriteAsync("ok", context.RequestAborted),
            ["pods"] => PodsEndpoint.WriteAsync(context, pods),
            ["containerLogs", var ns, var pod, var container] => logs.ServeAsync(context, ns, pod, container),
            ["exec", var ns, var pod, var container] => streams.ExecAsync(context, ns, pod, container),
            ["exec", var ns, var pod, _, var container] => streams.ExecAsync(context, ns, pod, container),
            ["attach", var ns, var pod, var container] => streams.AttachAsync(context, ns, pod, container),
            ["attach", var ns, var pod, _, var container] => streams.AttachAsync(context, ns, pod, container),
            ["portForward", var ns, var pod] => streams.PortForwardAsync(context, ns, pod),
            ["portForward", var ns, var pod, _] => streams.PortForwardAsync(context, ns, pod),
            _ => RefuseAsync(context, 404, "404 page not found"),
        };
    }
}
