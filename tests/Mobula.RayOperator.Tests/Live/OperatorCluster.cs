using Mobula.ApiServer;
using Mobula.Client;
using Mobula.Controllers;
using Mobula.Conversations;
using Mobula.Ray;
using Mobula.Ray.Definitions;
using Mobula.RayOperator.Tests.Live;

[assembly: AssemblyFixture(typeof(OperatorCluster))]

namespace Mobula.RayOperator.Tests.Live;

/// <summary>The operator without its hardening: what the recordings were taken from.</summary>
public sealed class OperatorCluster() : LiveCluster(hardened: false);

/// <summary>The operator as it comes.</summary>
public sealed class HardenedCluster() : LiveCluster(hardened: true);

/// <summary>The operator without its hardening and with the gates of the recordings <c>gated-*</c>.</summary>
public sealed class GatedCluster() : LiveCluster(hardened: false, gates: "RayCronJob=true,RayClusterNetworkPolicy=true,GCSFaultToleranceEmbeddedStorage=true,RayClusterHistoryServer=true,RayClusterMTLS=true");

/// <summary>An API server with controllers, the operator, a fake node and a fake dashboard, in this process.</summary>
public abstract class LiveCluster(bool hardened, string? gates = null) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mobula-operator-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _log = [];
    private ApiServerHost _server = null!;
    private Task _running = Task.CompletedTask;

    public KubernetesApi Admin { get; private set; } = null!;

    public ReplayTarget Target { get; private set; } = null!;

    /// <summary>Whether the API server serves what the definitions define.</summary>
    public bool ServesRay { get; private set; }

    public string Log
    {
        get
        {
            lock (_log) return string.Join('\n', _log.TakeLast(30));
        }
    }

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServerHost.StartAsync(new() { DataDirectory = Path.Combine(_folder, "data") });
        Admin = Api("kubernetes-admin", "kubectl", "system:masters");
        foreach (var definition in RayDefinitions.All())
        {
            await Admin.CreateAsync(new("apiextensions.k8s.io", "v1", "customresourcedefinitions"), definition);
        }
        for (var i = 0; i < 50 && !ServesRay; i++)
        {
            try
            {
                foreach (var kind in new[] { RayResources.RayClusters, RayResources.RayJobs, RayResources.RayServices, RayResources.RayCronJobs }) await Admin.ListAsync(kind);
                ServesRay = true;
            }
            catch (Mobula.Kubernetes.StatusException)
            {
                await Task.Delay(100);
            }
        }
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, _server.Kubeconfig("mobula"));
        var anonymous = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = _server.Endpoint };
        Target = new(Client("kubernetes-admin", "system:masters"), anonymous, _server.Endpoint.ToString().TrimEnd('/'), kubeconfig, null);
        // Pods on a node that does not exist are no endpoints.
        await Admin.CreateAsync(Resources.Nodes, new() { ["apiVersion"] = "v1", ["kind"] = "Node", ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = "fake-node" } });
        var manager = Api("system:kube-controller-manager", "kube-controller-manager", "system:masters");
        var options = new RayOperatorOptions
        {
            PodSecurityDefaults = hardened,
            FeatureGates = FeatureGates.Parse(gates),
            EnableLeaderElection = false,
            ReconcileConcurrency = 4,
            MetricsAddress = "0",
            HealthProbeAddress = "0",
            DashboardHandler = new FakeDashboard(Admin),
            Log = line =>
            {
                lock (_log) _log.Add(line);
            },
        };
        _running = Task.WhenAll(
            ControllerHost.RunAsync(manager, new() { RootCertificateAuthorityPem = _server.Admin.CertificateAuthorityPem, RunScheduler = false, NodeMonitorGracePeriod = TimeSpan.FromDays(1) }, TimeProvider.System, _stop.Token),
            RayOperatorHost.RunAsync(Api("system:serviceaccount:default:kuberay-operator", RayOperatorOptions.FieldManager, "system:masters"), options, TimeProvider.System, _stop.Token),
            new FakeNode(Api("system:fake-node", "fake-node", "system:masters")).RunAsync(_stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private HttpClient Client(string user, params string[] groups) =>
        new(_server.CreateHandler(user, groups)) { BaseAddress = new("http://in-process"), Timeout = Timeout.InfiniteTimeSpan };

    private KubernetesApi Api(string user, string manager, params string[] groups) => new(Client(user, groups), manager);
}
