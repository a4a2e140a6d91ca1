using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Kubernetes;
using Mobula.Node.Probes;

namespace Mobula.Node.Pods;

/// <summary>Runs <c>postStart</c> and <c>preStop</c>.</summary>
internal sealed class LifecycleHooks(Prober prober, TimeProvider time)
{
    private static readonly TimeSpan NoLimit = TimeSpan.FromDays(1);

    /// <summary>Runs a hook to its end.</summary>
    /// <returns>Null when it succeeded, else the text for the container's state.</returns>
    public async Task<string?> RunAsync(JsonObject hook, JsonObject pod, ContainerSpec container, string containerId, string podIp, CancellationToken cancellation)
    {
        if (hook.Object("sleep") is { } sleep)
        {
            await Task.Delay(TimeSpan.FromSeconds(sleep.Integer("seconds") ?? 0), time, cancellation).ConfigureAwait(false);
            return null;
        }
        var where = $"for Container \"{container.Name}\" in Pod \"{pod.Name}_{pod.Namespace}({pod.Uid})\" failed - error: ";
        if (hook.Object("exec") is { } exec)
        {
            var command = exec.Texts("command").ToList();
            var words = string.Join(' ', command);
            try
            {
                var (exit, output) = await prober.RunAsync(containerId, command, TimeSpan.Zero, cancellation).ConfigureAwait(false);
                return exit == 0 ? null : $"Exec lifecycle hook ([{words}]) {where}command '{words}' exited with {exit}: , message: {Quote(output)}";
            }
            catch (RpcException e) when (!cancellation.IsCancellationRequested)
            {
                return $"Exec lifecycle hook ([{words}]) {where}{RpcText.Full(e)}, message: \"\"";
            }
        }
        var outcome = await prober.ProbeAsync(hook, container, containerId, podIp, NoLimit, cancellation).ConfigureAwait(false);
        var path = hook.Text("httpGet", "path") ?? "";
        return outcome.Success == true ? null : $"HTTP lifecycle hook ({path}) {where}{outcome.Output}, message: \"\"";
    }

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
