using System.Text.Json.Nodes;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;
using Mobula.Node.Images;
using Mobula.Node.Tests.Images;

namespace Mobula.Node.Tests.Containerd;

/// <summary>A pod with one busybox container, made by plain CRI calls: what the parts below the pod workers need to be tried on.</summary>
internal sealed class TestPod : IAsyncDisposable
{
    private readonly ContainerdHost _host;

    private TestPod(ContainerdHost host, NodePod pod)
    {
        _host = host;
        Pod = pod;
    }

    public NodePod Pod { get; private set; }

    public NodeContainer Container => Pod.Containers[0];

    public string ContainerId => Container.Id!;

    public static async Task<TestPod> StartAsync(ContainerdHost host, string name, string[] command, bool stdin = false, bool tty = false, long? uid = null)
    {
        Assert.SkipUnless(TestImages.SkipReason is null, TestImages.SkipReason ?? "");
        var cancellation = TestContext.Current.CancellationToken;
        var importer = new ImageImporter(host.Connection);
        await importer.ImportAsync(TestImages.WriteBusybox(host.Folder, host.Options.SandboxImage, "sleep", "99999"), cancellation);
        await importer.ImportAsync(TestImages.WriteBusybox(host.Folder, TestImages.Busybox, "sh"), cancellation);

        var logs = Path.Combine(host.Folder, "logs", name);
        Directory.CreateDirectory(Path.Combine(logs, "c"));
        var sandbox = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata { Name = name, Namespace = "ns", Uid = name + "-uid" },
            Hostname = name,
            LogDirectory = logs,
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = $"/{host.Options.Network.Bridge}/{name}",
                SecurityContext = new LinuxSandboxSecurityContext { NamespaceOptions = new NamespaceOption { Pid = NamespaceMode.Container } },
            },
        };
        var runtime = host.Connection.Runtime;
        var run = await runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = sandbox }, cancellationToken: cancellation);
        var security = new LinuxContainerSecurityContext { NamespaceOptions = new NamespaceOption { Pid = NamespaceMode.Container }, NoNewPrivs = true };
        if (uid is { } user) security.RunAsUser = new Int64Value { Value = user };
        var create = await runtime.CreateContainerAsync(
            new CreateContainerRequest
            {
                PodSandboxId = run.PodSandboxId,
                SandboxConfig = sandbox,
                Config = new ContainerConfig
                {
                    Metadata = new ContainerMetadata { Name = "c" },
                    Image = new ImageSpec { Image = TestImages.Busybox },
                    Command = { command },
                    LogPath = "c/0.log",
                    Stdin = stdin,
                    StdinOnce = stdin,
                    Tty = tty,
                    Linux = new LinuxContainerConfig { SecurityContext = security },
                },
            },
            cancellationToken: cancellation);
        await runtime.StartContainerAsync(new StartContainerRequest { ContainerId = create.ContainerId }, cancellationToken: cancellation);
        var status = await runtime.PodSandboxStatusAsync(new PodSandboxStatusRequest { PodSandboxId = run.PodSandboxId }, cancellationToken: cancellation);
        return new TestPod(host, new NodePod
        {
            Namespace = "ns",
            Name = name,
            Uid = name + "-uid",
            SandboxId = run.PodSandboxId,
            Ip = status.Status.Network.Ip,
            Containers =
            [
                new NodeContainer { Name = "c", Id = create.ContainerId, Running = true, LogPath = Path.Combine(logs, "c/0.log"), Stdin = stdin,
                    StdinOnce = stdin, Tty = tty },
            ],
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _host.Connection.Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = Pod.SandboxId });
        await _host.Connection.Runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = Pod.SandboxId });
    }
}

/// <summary>The pods that a test says there are.</summary>
internal sealed class TestPodLookup(params NodePod[] pods) : IPodLookup
{
    public NodePod? Find(string ns, string name) => pods.FirstOrDefault(p => p.Namespace == ns && p.Name == name);

    public IReadOnlyCollection<JsonObject> Pods =>
        [.. pods.Select(p => new JsonObject { ["metadata"] = new JsonObject { ["namespace"] = p.Namespace, ["name"] = p.Name } })];
}
