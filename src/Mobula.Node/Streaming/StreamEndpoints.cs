using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mobula.Node.Containerd;

namespace Mobula.Node.Streaming;

/// <summary>Serves <c>/exec</c>, <c>/attach</c> and <c>/portForward</c>, over WebSocket or SPDY as the client asks.</summary>
internal sealed class StreamEndpoints(ContainerdConnection containerd, IPodLookup pods, string pipeFolder, TimeProvider time)
{
    public async Task ExecAsync(HttpContext context, string ns, string podName, string containerName)
    {
        var container = pods.Find(ns, podName)?.Containers.FirstOrDefault(c => c.Name == containerName);
        if (container is not { Id: { } id, Running: true })
        {
            await KubeletServer.RefuseAsync(context, 404, $"container not found (\"{containerName}\")").ConfigureAwait(false);
            return;
        }

        var request = RemoteCommandRequest.From(context.Request.Query);
        if (request.Command.Count == 0)
        {
            await KubeletServer.RefuseAsync(context, 400, "you must specify a command").ConfigureAwait(false);
            return;
        }

        await using var session = await AcceptAsync(context, request).ConfigureAwait(false);
        if (session is null) return;
        ContainerExec exec;
        try
        {
            exec = await ContainerExec.StartAsync(containerd, pipeFolder, id, request.Command, request.Stdin, request.Tty, session.Gone).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ExecFailedException or IOException)
        {
            await session.FinishAsync(RemoteCommandStatus.Failed($"error executing command in container: {e.Message}")).ConfigureAwait(false);
            return;
        }

        await using (exec) await RemoteCommand.RunAsync(exec, session, request.Tty, time).ConfigureAwait(false);
    }

    public async Task AttachAsync(HttpContext context, string ns, string podName, string containerName)
    {
        var container = pods.Find(ns, podName)?.Containers.FirstOrDefault(c => c.Name == containerName);
        if (container is not { Id: { } id, Running: true })
        {
            await KubeletServer.RefuseAsync(context, 404, $"container {containerName} not found in pod {podName}_{ns}").ConfigureAwait(false);
            return;
        }

        // A container without standard input or a terminal does not get one from an attach.
        var asked = RemoteCommandRequest.From(context.Request.Query);
        var request = asked with { Stdin = asked.Stdin && container.Stdin, Tty = asked.Tty && container.Tty, Stderr = asked.Stderr && !container.Tty };
        await using var session = await AcceptAsync(context, asked).ConfigureAwait(false);
        if (session is null) return;
        try
        {
            await ContainerAttach.RunAsync(containerd, id, request, session, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or IOException or System.Net.Sockets.SocketException)
        {
            var why = e is RpcException rpc ? rpc.Status.Detail : e.Message;
            await session.FinishAsync(RemoteCommandStatus.Failed($"error attaching to container: {why}")).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
    }

    public async Task PortForwardAsync(HttpContext context, string ns, string podName)
    {
        if (pods.Find(ns, podName) is not { SandboxId: not null } pod)
        {
            await KubeletServer.RefuseAsync(context, 404, $"pod {podName}_{ns} is not running").ConfigureAwait(false);
            return;
        }

        var forward = new PortForward(containerd, pod);
        if (context.WebSockets.IsWebSocketRequest)
        {
            if (!context.WebSockets.WebSocketRequestedProtocols.Contains(PortForward.TunnelProtocol))
            {
                await KubeletServer.RefuseAsync(context, 400, $"the WebSocket must speak {PortForward.TunnelProtocol}").ConfigureAwait(false);
                return;
            }

            // ASP.NET Core refuses the slash in the name of the sub-protocol, so the header is set here.
            context.Response.Headers.SecWebSocketProtocol = PortForward.TunnelProtocol;
            var socket = await context.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
            await forward.RunAsync(new WebSocketByteStream(socket), context.RequestAborted).ConfigureAwait(false);
        }
        else if (await UpgradeToSpdyAsync(context, PortForward.Protocol).ConfigureAwait(false) is { } transport)
        {
            await forward.RunAsync(transport, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the client's streams over; null when it was refused, with an answer.</summary>
    private async Task<RemoteCommandSession?> AcceptAsync(HttpContext context, RemoteCommandRequest request)
    {
        if (request.Problem() is { } problem)
        {
            await KubeletServer.RefuseAsync(context, 400, problem).ConfigureAwait(false);
            return null;
        }

        if (context.WebSockets.IsWebSocketRequest)
        {
            var protocol = WebSocketRemoteCommandSession.Protocols.FirstOrDefault(context.WebSockets.WebSocketRequestedProtocols.Contains);
            if (protocol is null)
            {
                await KubeletServer.RefuseAsync(
                    context, 403, $"the WebSocket must speak one of {string.Join(", ", WebSocketRemoteCommandSession.Protocols)}").ConfigureAwait(false);
                return null;
            }

            var socket = await context.WebSockets.AcceptWebSocketAsync(protocol).ConfigureAwait(false);
            return await WebSocketRemoteCommandSession.AcceptAsync(socket, request, context.RequestAborted).ConfigureAwait(false);
        }

        if (await UpgradeToSpdyAsync(context, SpdyRemoteCommandSession.Protocol).ConfigureAwait(false) is not { } transport) return null;
        try
        {
            return await SpdyRemoteCommandSession.AcceptAsync(transport, request, time, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static async Task<Stream?> UpgradeToSpdyAsync(HttpContext context, string protocol)
    {
        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true } || !context.Request.Headers.Upgrade.ToString().Contains("SPDY/3.1", StringComparison.OrdinalIgnoreCase))
        {
            await KubeletServer.RefuseAsync(context, 400, "you must specify the \"Upgrade\" header: SPDY/3.1, or use a WebSocket").ConfigureAwait(false);
            return null;
        }

        var offered = context.Request.Headers["X-Stream-Protocol-Version"].SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries)).ToList();
        if (!offered.Contains(protocol))
        {
            context.Response.Headers["X-Accepted-Stream-Protocol-Versions"] = protocol;
            await KubeletServer.RefuseAsync(
                context, 403, $"unable to upgrade: unable to negotiate protocol: client supports [{string.Join(' ', offered)}], server accepts [{protocol}]").ConfigureAwait(false);
            return null;
        }

        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.Upgrade = "SPDY/3.1";
        context.Response.Headers["X-Stream-Protocol-Version"] = protocol;
        return await upgrade.UpgradeAsync().ConfigureAwait(false);
    }
}
