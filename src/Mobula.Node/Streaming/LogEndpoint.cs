using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Services.Tasks;

namespace Mobula.Node.Streaming;

/// <summary>Serves <c>/containerLogs/NAMESPACE/POD/CONTAINER</c>.</summary>
internal sealed class LogEndpoint(ContainerdConnection containerd, IPodLookup pods, ContainerLog log, TimeProvider time)
{
    public async Task ServeAsync(HttpContext context, string ns, string podName, string containerName)
    {
        LogOptions options;
        try
        {
            options = LogOptions.From(context.Request.Query, time.GetUtcNow());
        }
        catch (FormatException e)
        {
            await KubeletServer.RefuseAsync(context, 400, e.Message).ConfigureAwait(false);
            return;
        }

        var pod = pods.Find(ns, podName);
        var container = pod?.Containers.FirstOrDefault(c => c.Name == containerName);
        if (container is null)
        {
            var missing = pod is null ? $"pod \"{podName}\" does not exist" : $"container \"{containerName}\" not found in pod \"{podName}\"";
            await KubeletServer.RefuseAsync(context, 404, missing).ConfigureAwait(false);
        }
        else if (Problem(container, podName, options) is { } problem)
        {
            await KubeletServer.RefuseAsync(context, 400, problem).ConfigureAwait(false);
        }
        else
        {
            await WriteAsync(context, container, options).ConfigureAwait(false);
        }
    }

    /// <summary>Why there is no log to show, in kubelet's words; null when there is one.</summary>
    internal static string? Problem(NodeContainer container, string pod, LogOptions options)
    {
        if (options.Previous)
            return container.PreviousLogPath is null ? $"previous terminated container \"{container.Name}\" in pod \"{pod}\" not found" : null;
        if (container.LogPath is not null) return null;
        return container.WaitingReason switch
        {
            null => $"container \"{container.Name}\" in pod \"{pod}\" is not available",
            "ErrImagePull" => $"container \"{container.Name}\" in pod \"{pod}\" is waiting to start: image can't be pulled",
            "ImagePullBackOff" => $"container \"{container.Name}\" in pod \"{pod}\" is waiting to start: trying and failing to pull image",
            var reason => $"container \"{container.Name}\" in pod \"{pod}\" is waiting to start: {reason}",
        };
    }

    private async Task WriteAsync(HttpContext context, NodeContainer container, LogOptions options)
    {
        context.Response.ContentType = "text/plain";
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            await context.Response.StartAsync(over.Token).ConfigureAwait(false);
            var ended = options.Follow && !options.Previous ? EndedAsync(container, over.Token) : Task.CompletedTask;
            await log.WriteAsync(options.Previous ? container.PreviousLogPath! : container.LogPath!, options, context.Response.Body, ended, over.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            await context.Response.Body.WriteAsync(
                Encoding.UTF8.GetBytes($"unable to retrieve container logs for containerd://{container.Id}"), over.Token).ConfigureAwait(false);
        }
        catch (Exception e) when ((e is OperationCanceledException or IOException) && context.RequestAborted.IsCancellationRequested)
        {
            // The client has seen enough.
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Completes when the container has ended.</summary>
    private async Task EndedAsync(NodeContainer container, CancellationToken cancellation)
    {
        while (container.Id is not null)
        {
            try
            {
                await containerd.Tasks.WaitAsync(new WaitRequest { ContainerId = container.Id }, ContainerdConnection.InCriNamespace(), cancellationToken: cancellation)
                    .ConfigureAwait(false);
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                // containerd restarts; the container lives on.
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation).ConfigureAwait(false);
            }
            catch (RpcException)
            {
                return;
            }
        }
    }
}
