using Mobula.ApiServer.Admission;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Bootstrap;
using Mobula.ApiServer.Discovery;
using Mobula.ApiServer.Keys;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;

namespace Mobula.ApiServer;

/// <summary>The parts of a server, put together.</summary>
internal sealed class ApiServerParts : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private bool _ready;

    private ApiServerParts(ApiServerOptions options, ClusterKeys keys, ObjectStore store, string adminToken, TimeProvider time)
    {
        Options = options;
        Keys = keys;
        Store = store;
        Registry = new();
        var tokens = new ServiceAccountTokens(keys, store, options.ServiceAccountIssuer, time);
        var rbac = new RbacAuthorizer(store);
        var authorizer = new Authorizer(rbac, new NodeAuthorizer(store));
        var metrics = new RequestMetrics();
        var admission = new AdmissionChain([new NamespaceLifecycle(store)]);
        var fieldManagers = new FieldManagers(time);
        var reader = new ObjectReader(store, time);
        var writer = new ObjectWriter(store, admission, fieldManagers, time);
        var router = new ResourceRouter(
            Registry, reader, new WatchServer(store, time, _stopping.Token), writer, new ObjectPatcher(writer, time),
            new ObjectDeleter(store, admission, reader, time), new Dictionary<string, SubresourceHandler>(), new Dictionary<string, ResourceHandler>(), options.MaxRequestBodyBytes);
        var roots = new RootEndpoints(
            new DiscoveryEndpoint(Registry, $"{options.Address}:{options.Port}"), VersionInfo.Make(options.KubernetesVersion), metrics, tokens, () => _ready);
        Pipeline = new RequestPipeline(
            new Authenticator(new ClientCertificates(keys.Authority, time), tokens, adminToken), new Impersonation(authorizer), authorizer,
            router, roots, metrics, options.AuditSink, time, options.Log);
    }

    public ApiServerOptions Options { get; }

    public ClusterKeys Keys { get; }

    public ObjectStore Store { get; }

    public ResourceRegistry Registry { get; }

    public RequestPipeline Pipeline { get; }

    public static ApiServerParts Make(ApiServerOptions options, string adminToken, TimeProvider time)
    {
        var journal = Journal.Open(options.DataDirectory);
        var keys = ClusterKeys.Open(Path.Combine(options.DataDirectory, "pki"), time);
        return new(options, keys, new ObjectStore(journal), adminToken, time);
    }

    /// <summary>Makes the objects that every cluster has.</summary>
    public async Task StartAsync(HttpMessageHandler handler, Uri endpoint, CancellationToken cancellation)
    {
        using var http = new HttpClient(handler) { BaseAddress = endpoint };
        await BootstrapObjects.CreateAsync(http, Options, endpoint, cancellation).ConfigureAwait(false);
        _ready = true;
    }

    /// <summary>Ends the long-running requests.</summary>
    public void Stop()
    {
        _ready = false;
        _stopping.Cancel();
    }

    public void Dispose()
    {
        Store.Dispose();
        _stopping.Dispose();
    }
}
