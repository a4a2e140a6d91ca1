using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Bootstrap;
using Mobula.ApiServer.CustomResources;
using Mobula.ApiServer.Discovery;
using Mobula.ApiServer.Keys;
using Mobula.ApiServer.Kinds;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Reviews;
using Mobula.ApiServer.Storage;
using Mobula.ApiServer.Subresources;
using Mobula.PodSecurity;
using Mobula.PodSecurity.Admission;
using Mobula.PodSecurity.Expansion;

namespace Mobula.ApiServer;

/// <summary>The parts of a server, put together.</summary>
internal sealed class ApiServerParts : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly AdmissionWebhooks _webhooks;
    private HttpClient? _http;
    private Task _definitions = Task.CompletedTask;
    private bool _ready;

    private ApiServerParts(ApiServerOptions options, ClusterKeys keys, ObjectStore store, string adminToken, TimeProvider time)
    {
        _time = time;
        Options = options;
        Keys = keys;
        Store = store;
        Registry = new(new ServiceStrategy(new ServiceAddresses(store, options.ServiceClusterIpRange, options.ServiceNodePortRange)));
        var tokens = Tokens = new ServiceAccountTokens(keys, store, options.ServiceAccountIssuer, time);
        var rbac = new RbacAuthorizer(store);
        var authorizer = new Authorizer(rbac, new NodeAuthorizer(store));
        var metrics = new RequestMetrics();
        var minor = MinorOf(options.KubernetesVersion);
        var podSecurityMetrics = new PodSecurityMetrics();
        var podSecurity = new PodSecurityAdmission(options.PodSecurity, new PodSecurityEvaluator(minor), new PodExpansion(), minor, time);
        // The order of upstream's plugins; webhooks come last among those that change, and last among those that look.
        _webhooks = new AdmissionWebhooks(store, Registry, time);
        var admission = new AdmissionChain(
        [
            new NamespaceLifecycle(store), new LimitRanger(store), new ServiceAccountAdmission(store), new NodeRestriction(store), new TaintNodesByCondition(), new PriorityAdmission(store),
            new DefaultTolerationSeconds(), new RuntimeClassAdmission(store), new PodResizeAdmission(store), new RbacEscalation(authorizer, rbac), new PodSecurityStep(podSecurity, podSecurityMetrics, store),
        ], _webhooks, new ResourceQuotaAdmission(store));
        var fieldManagers = new FieldManagers(time);
        var reader = new ObjectReader(store, time);
        var writer = new ObjectWriter(store, admission, fieldManagers, time);
        var patcher = new ObjectPatcher(writer, fieldManagers, time);
        var deleter = new ObjectDeleter(store, admission, reader, time);
        var limit = options.MaxRequestBodyBytes;
        var binding = new PodBinding(Registry, writer, _webhooks, time, limit);
        var subresources = new Dictionary<string, SubresourceHandler>([.. new KubeletProxy(store, keys, _webhooks).Handlers, .. new ServiceProxy(store).Handlers])
        {
            ["serviceaccounts/token"] = new TokenRequests(store, tokens, fieldManagers, _webhooks, time, limit).CreateAsync,
            ["componentstatuses"] = new ComponentStatuses().AnswerAsync,
            ["pods/binding"] = binding.CreateAsync,
            ["pods/eviction"] = new PodEviction(store, Registry, writer, deleter, _webhooks, time, limit).CreateAsync,
            ["*/scale"] = new ScaleSubresource(store, writer, limit).AnswerAsync,
        };
        var virtualResources = new Dictionary<string, ResourceHandler>(
            [.. new AccessReviews(authorizer, rbac, fieldManagers).Handlers, .. new IdentityReviews(tokens, options.StaticTokens, fieldManagers, time).Handlers])
        {
            ["bindings"] = binding.CreateAsync,
        };
        var router = new ResourceRouter(Registry, reader, new WatchServer(store, time, _stopping.Token), writer, patcher, deleter, subresources, virtualResources, limit);
        var roots = new RootEndpoints(
            new DiscoveryEndpoint(Registry, $"{options.Address}:{options.Port}"), new OpenApiEndpoint(Registry, options.KubernetesVersion), VersionInfo.Make(options.KubernetesVersion), new(metrics, podSecurityMetrics), tokens, () => _ready);
        Pipeline = new RequestPipeline(
            new Authenticator(new ClientCertificates(keys.Authority, time), tokens, adminToken, options.StaticTokens), new Impersonation(authorizer), authorizer,
            router, roots, metrics, options.AuditSink, time, options.Log);
    }

    public ApiServerOptions Options { get; }

    public ClusterKeys Keys { get; }

    public ObjectStore Store { get; }

    public ResourceRegistry Registry { get; }

    public RequestPipeline Pipeline { get; }

    public ServiceAccountTokens Tokens { get; }

    public static ApiServerParts Make(ApiServerOptions options, string adminToken, TimeProvider time)
    {
        var journal = Journal.Open(options.DataDirectory);
        var keys = ClusterKeys.Open(Path.Combine(options.DataDirectory, "pki"), time);
        return new(options, keys, new ObjectStore(journal), adminToken, time);
    }

    /// <summary>Makes the objects that every cluster has.</summary>
    public async Task StartAsync(HttpMessageHandler handler, Uri endpoint, CancellationToken cancellation)
    {
        _http = new HttpClient(handler) { BaseAddress = endpoint, Timeout = Timeout.InfiniteTimeSpan };
        var definitions = new CustomResourceController(Store, Registry, _http, _time, Options.Log);
        definitions.Restore();
        await BootstrapObjects.CreateAsync(_http, Options, endpoint, cancellation).ConfigureAwait(false);
        _definitions = Task.Run(() => definitions.RunAsync(_stopping.Token), CancellationToken.None);
        _ready = true;
    }

    /// <summary>Ends the long-running requests.</summary>
    public void Stop()
    {
        _ready = false;
        _stopping.Cancel();
    }

    private static int MinorOf(string version) =>
        int.TryParse(version.TrimStart('v').Split('.').ElementAtOrDefault(1), out var minor) ? minor : PodSecurityEvaluator.NewestKnownMinor;

    public void Dispose()
    {
        _definitions.ContinueWith(_ => { }, TaskScheduler.Default).Wait(TimeSpan.FromSeconds(2));
        _http?.Dispose();
        _webhooks.Dispose();
        Store.Dispose();
        _stopping.Dispose();
    }
}
