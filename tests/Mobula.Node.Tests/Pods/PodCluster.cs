using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Mobula.ApiServer;
using Mobula.Client;
using Mobula.Node.Images;
using Mobula.Node.Tests.Containerd;

namespace Mobula.Node.Tests.Pods;

/// <summary>An API server and a node with real containers, of folders, bridge and addresses of their own.</summary>
internal sealed class PodCluster : IAsyncDisposable
{
    private readonly FileStream _claim;
    private readonly ApiServerHost _server;

    private PodCluster(FileStream claim, ApiServerHost server, NodeAgentOptions options, string folder)
    {
        _claim = claim;
        _server = server;
        Options = options;
        Folder = folder;
        Admin = new KubernetesApi(Client(server.CreateHandler("admin", "system:masters")), "test");
    }

    public static string? SkipReason => ContainerdHost.SkipReason ?? Images.TestImages.SkipReason;

    public KubernetesApi Admin { get; }

    public NodeAgent Agent { get; private set; } = null!;

    public NodeAgentOptions Options { get; }

    public string Folder { get; }

    public static async Task<PodCluster> StartAsync()
    {
        Assert.SkipUnless(SkipReason is null, SkipReason ?? "");
        var (claim, network) = ContainerdHost.ClaimNetwork();
        var folder = Directory.CreateTempSubdirectory("mobula-pods-").FullName;
        var server = await ApiServerHost.StartAsync(new() { DataDirectory = Path.Combine(folder, "api"), Log = Console.Error.WriteLine });
        var options = new NodeAgentOptions
        {
            NodeName = "node",
            DataDirectory = Path.Combine(folder, "node"),
            RunDirectory = $"/run/mobula-test-{network.Index}",
            Network = network,
        };
        var cluster = new PodCluster(claim, server, options, folder);
        await cluster.StartAgentAsync();
        await cluster.ImportImagesAsync();
        return cluster;
    }

    public async Task StartAgentAsync() => Agent = await NodeAgent.StartAsync(
        Options,
        new KubernetesApi(Client(_server.CreateHandler("system:node:node", "system:nodes")), "kubelet"),
        new KubernetesApi(Client(_server.CreateHandler("system:kube-proxy")), "kube-proxy"),
        TimeProvider.System, new FileLogger(Path.Combine(Folder, "agent.log")), TestContext.Current.CancellationToken);

    /// <summary>Makes a namespace with what the controllers of a cluster put into it.</summary>
    public async Task CreateNamespaceAsync(string ns)
    {
        await Admin.CreateAsync(Mobula.Client.Resources.Namespaces, new() { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } });
        if (await Admin.FindAsync(Mobula.Client.Resources.ServiceAccounts, ns, "default") is null)
            await Admin.CreateAsync(Mobula.Client.Resources.ServiceAccounts, new() { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = ns } });
        if (await Admin.FindAsync(Mobula.Client.Resources.ConfigMaps, ns, "kube-root-ca.crt") is null)
            await Admin.CreateAsync(Mobula.Client.Resources.ConfigMaps, new() { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "kube-root-ca.crt", ["namespace"] = ns }, ["data"] = new JsonObject { ["ca.crt"] = _server.Admin.CertificateAuthorityPem } });
    }

    public async ValueTask DisposeAsync()
    {
        // The agent first: it would start again what is stopped.
        await Agent.DisposeAsync();
        var left = await Node.Network.NodeRemoval.RemoveAsync(Options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await _server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        await _claim.DisposeAsync();
        Assert.Empty(left);
    }

    private static HttpClient Client(HttpMessageHandler handler) => new(handler) { BaseAddress = new("https://cluster"), Timeout = Timeout.InfiniteTimeSpan };

    private async Task ImportImagesAsync()
    {
        using var list = Process.Start(new ProcessStartInfo("/bin/busybox", ["--list"]) { RedirectStandardOutput = true })!;
        var applets = (await list.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(a => a is not ("busybox" or "linuxrc")).ToList();
        var layer = LayerFile.Write(Path.Combine(Folder, "busybox.tar.gz"),
        [
            LayerEntry.File("bin/busybox", "/bin/busybox"),
            .. applets.Select(a => LayerEntry.Link($"bin/{a}", "busybox")),
            LayerEntry.Folder("tmp", (UnixFileMode)0x3FF),
            LayerEntry.Folder("root"),
            LayerEntry.Text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1001:1001::/tmp:/bin/sh\n"),
            LayerEntry.Text("etc/group", "root:x:0:\nuser:x:1001:\n"),
        ]);
        var importer = new ImageImporter(Agent.Containerd.Connection);
        foreach (var (name, user, command) in (IEnumerable<(string, string, string[])>)[
            ("localhost/mobula/pause:1", "", ["sleep", "999999"]), ("localhost/busybox:1", "", ["sh"]), ("localhost/busybox-1000:1", "1000", ["sh"]), ("localhost/busybox-named:1", "user", ["sh"])])
        {
            var config = new JsonObject { ["Cmd"] = new JsonArray([.. command.Select(c => (JsonNode)c)]), ["Env"] = new JsonArray("PATH=/bin:/usr/bin") };
            if (user.Length > 0) config["User"] = user;
            var archive = Path.Combine(Folder, "image.tar");
            ImageArchiveWriter.Write(archive, name, config, [layer]);
            await importer.ImportAsync(archive, TestContext.Current.CancellationToken);
        }
    }

    private sealed class FileLogger(string path) : ILogger
    {
        private readonly Lock _lock = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lock) File.AppendAllText(path, $"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {formatter(state, exception)} {exception}\n");
        }
    }
}
