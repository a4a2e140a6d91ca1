using System.IO.Pipes;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Win32.SafeHandles;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Services.Containers;
using Mobula.Node.Containerd.Services.Tasks;

namespace Mobula.Node.Streaming;

/// <summary>The command could not be started in the container.</summary>
internal sealed class ExecFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A command that runs in a container, started through containerd's own API: CRI has no way to end its standard input alone.
/// Its streams are named pipes, so that a silent command costs no thread.
/// </summary>
internal sealed class ContainerExec : IAsyncDisposable
{
    private readonly ContainerdConnection _containerd;
    private readonly string _containerId;
    private readonly string _execId;
    private readonly string _folder;
    private Stream? _stdin;

    private ContainerExec(ContainerdConnection containerd, string containerId, string execId, string folder)
    {
        _containerd = containerd;
        _containerId = containerId;
        _execId = execId;
        _folder = folder;
    }

    /// <summary>The command's standard input; null when it has none.</summary>
    public Stream? Stdin => _stdin;

    /// <summary>The command's standard output; with a terminal also its standard error. Ends when the command and its children ended.</summary>
    public Stream Stdout { get; private set; } = Stream.Null;

    public Stream Stderr { get; private set; } = Stream.Null;

    /// <summary>The exit code, 128 + n for signal n.</summary>
    public Task<int> ExitCode { get; private set; } = Task.FromResult(-1);

    /// <summary>Starts a command with the container's user, limits and environment.</summary>
    /// <param name="containerd">The containerd.</param>
    /// <param name="pipeFolder">Where the named pipes are made, in a folder that is removed again.</param>
    /// <param name="containerId">A running container.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="stdin">Whether it gets a standard input.</param>
    /// <param name="tty">Whether its streams are a terminal.</param>
    /// <param name="cancellation">Ends the start, not the command.</param>
    /// <exception cref="ExecFailedException">It cannot be started; the message is the runtime's.</exception>
    public static async Task<ContainerExec> StartAsync(
        ContainerdConnection containerd, string pipeFolder, string containerId, IReadOnlyList<string> command, bool stdin, bool tty, CancellationToken cancellation)
    {
        var execId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var folder = Path.Combine(pipeFolder, execId[..16]);
        Directory.CreateDirectory(folder);
        var exec = new ContainerExec(containerd, containerId, execId, folder);
        try
        {
            await exec.StartAsync(command, stdin, tty, cancellation).ConfigureAwait(false);
            return exec;
        }
        catch (RpcException e)
        {
            await exec.DisposeAsync().ConfigureAwait(false);
            throw new ExecFailedException(Reason(execId, e), e);
        }
        catch
        {
            await exec.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Tells the command that its standard input has ended.</summary>
    public async Task EndStdinAsync()
    {
        if (Interlocked.Exchange(ref _stdin, null) is not { } stdin) return;
        await stdin.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _containerd.Tasks.CloseIOAsync(
                new CloseIORequest { ContainerId = _containerId, ExecId = _execId, Stdin = true }, ContainerdConnection.InCriNamespace()).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.Unknown)
        {
            // It has ended already.
        }
    }

    public async Task ResizeAsync(TerminalSize size)
    {
        try
        {
            await _containerd.Tasks.ResizePtyAsync(
                new ResizePtyRequest { ContainerId = _containerId, ExecId = _execId, Width = size.Width, Height = size.Height }, ContainerdConnection.InCriNamespace())
                .ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode is not StatusCode.Unavailable)
        {
            // It has ended already.
        }
    }

    /// <summary>Sends a signal to the command; nothing happens when it has ended.</summary>
    public async Task SignalAsync(uint signal)
    {
        try
        {
            await _containerd.Tasks.KillAsync(
                new KillRequest { ContainerId = _containerId, ExecId = _execId, Signal = signal }, ContainerdConnection.InCriNamespace()).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode is not StatusCode.Unavailable)
        {
            // It has ended already.
        }
    }

    /// <summary>Frees what the command used. Only an ended command can be forgotten: the caller has waited for it or signalled it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stdin, null) is { } stdin) await stdin.DisposeAsync().ConfigureAwait(false);
        await Stdout.DisposeAsync().ConfigureAwait(false);
        await Stderr.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _containerd.Tasks.DeleteProcessAsync(
                new DeleteProcessRequest { ContainerId = _containerId, ExecId = _execId }, ContainerdConnection.InCriNamespace()).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // Never started, or gone with its container.
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(IReadOnlyList<string> command, bool stdin, bool tty, CancellationToken cancellation)
    {
        var headers = ContainerdConnection.InCriNamespace();
        var container = await _containerd.Containers.GetAsync(new GetContainerRequest { Id = _containerId }, headers, cancellationToken: cancellation).ConfigureAwait(false);
        var request = new ExecProcessRequest
        {
            ContainerId = _containerId,
            ExecId = _execId,
            Terminal = tty,
            Stdin = stdin ? MakeFifo("in") : "",
            Stdout = MakeFifo("out"),
            Stderr = tty ? "" : MakeFifo("err"),
            Spec = new Any
            {
                TypeUrl = "types.containerd.io/opencontainers/runtime-spec/1/Process",
                Value = ByteString.CopyFrom(ProcessSpec(container.Container.Spec.Value.Span, command, tty)),
            },
        };

        // Ends of our own, held until the shim has its own open: a pipe must not look closed before it was used.
        using var heldOut = Libc.OpenFile(request.Stdout, Libc.OpenReadWrite | Libc.OpenNonBlocking);
        using var heldErr = tty ? null : Libc.OpenFile(request.Stderr, Libc.OpenReadWrite | Libc.OpenNonBlocking);
        using var heldIn = stdin ? Libc.OpenFile(request.Stdin, Libc.OpenReadWrite | Libc.OpenNonBlocking) : null;
        Stdout = OpenPipe(PipeDirection.In, request.Stdout);
        if (!tty) Stderr = OpenPipe(PipeDirection.In, request.Stderr);
        if (stdin) _stdin = OpenPipe(PipeDirection.Out, request.Stdin);

        await _containerd.Tasks.ExecAsync(request, headers, cancellationToken: cancellation).ConfigureAwait(false);
        var waiting = _containerd.Tasks.WaitAsync(new WaitRequest { ContainerId = _containerId, ExecId = _execId }, headers);
        try
        {
            await _containerd.Tasks.StartAsync(new StartRequest { ContainerId = _containerId, ExecId = _execId }, headers, cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch
        {
            waiting.Dispose();
            throw;
        }

        ExitCode = WaitAsync(waiting);
    }

    private static async Task<int> WaitAsync(AsyncUnaryCall<WaitResponse> waiting)
    {
        using (waiting)
        {
            try
            {
                return (int)(await waiting.ResponseAsync.ConfigureAwait(false)).ExitStatus;
            }
            catch (RpcException)
            {
                // containerd or the container went away.
                return 137;
            }
        }
    }

    private string MakeFifo(string name)
    {
        var path = Path.Combine(_folder, name);
        if (Libc.MakeFifo(path, 0x180 /* 600 */) != 0) throw new IOException($"cannot make the named pipe {path}");
        return path;
    }

    private static AnonymousPipeClientStream OpenPipe(PipeDirection direction, string path)
    {
        var flags = (direction == PipeDirection.In ? Libc.OpenReadOnly : Libc.OpenWriteOnly) | Libc.OpenNonBlocking;
        using var file = Libc.OpenFile(path, flags);
        var handle = new SafePipeHandle(file.DangerousGetHandle(), ownsHandle: true);
        file.SetHandleAsInvalid();
        return new AnonymousPipeClientStream(direction, handle);
    }

    private static byte[] ProcessSpec(ReadOnlySpan<byte> containerSpec, IReadOnlyList<string> command, bool tty)
    {
        var process = JsonNode.Parse(containerSpec)?["process"]?.DeepClone().AsObject()
            ?? throw new ExecFailedException("the container's specification has no process");
        process["args"] = new JsonArray([.. command.Select(c => (JsonNode)c)]);
        process["terminal"] = tty;
        process.Remove("consoleSize");
        if (tty)
        {
            var environment = process["env"]?.AsArray() ?? [];
            if (!environment.Any(e => ((string?)e)?.StartsWith("TERM=", StringComparison.Ordinal) == true)) environment.Add((JsonNode)"TERM=xterm");
            if (environment.Parent is null) process["env"] = environment;
        }

        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes)) process.WriteTo(writer);
        return bytes.ToArray();
    }

    /// <summary>CRI's words for it.</summary>
    private static string Reason(string execId, RpcException e)
    {
        var detail = e.Status.Detail;
        if (detail.EndsWith(": unknown", StringComparison.Ordinal)) detail = detail[..^": unknown".Length];
        return $"failed to exec in container: failed to start exec \"{execId}\": {detail}";
    }
}
