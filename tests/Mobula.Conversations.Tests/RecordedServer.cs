using System.Net.Security;
using Mobula.ApiServer;
using Mobula.ApiServer.Auditing;
using Mobula.ApiServer.Authentication;
using Mobula.Audit;
using Mobula.Client;
using Mobula.Controllers;
using Mobula.PodSecurity.Admission;

namespace Mobula.Conversations.Tests;

/// <summary>A server as the recorded one was set up: API server, controllers, the recordings' audit policy; no node and no scheduler. One for each class of tests, so that they do not see each other.</summary>
public class RecordedServer : IAsyncLifetime
{
    private const string AdminToken = "admin-token";

    private readonly string _folder = Directory.CreateTempSubdirectory("mobula-conversations-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private ApiServerHost? _host;
    private AuditLog? _audit;
    private SwitchedAudit? _sink;
    private Task _controllers = Task.CompletedTask;

    /// <summary>The webhook that some recordings register.</summary>
    public RecordedWebhook Webhook { get; private set; } = null!;

    public ReplayTarget Target { get; private set; } = null!;

    /// <summary>Defaults and exemptions of Pod Security.</summary>
    protected virtual PodSecurityConfiguration PodSecurity => PodSecurityConfiguration.Default;

    public async ValueTask InitializeAsync()
    {
        Webhook = await RecordedWebhook.StartAsync();
        var auditLog = Path.Combine(_folder, "audit.log");
        _audit = AuditLog.Open(new() { Path = auditLog });
        _sink = new(_audit, await File.ReadAllTextAsync(Testdata.Path("audit-policy.yaml")));
        _host = await ApiServerHost.StartAsync(new()
        {
            DataDirectory = Path.Combine(_folder, "data"),
            AuditSink = _sink,
            PodSecurity = PodSecurity,
            Log = Console.Error.WriteLine,
            StaticTokens = new Dictionary<string, UserInfo>
            {
                [AdminToken] = new("admin", "admin-uid", [UserInfo.Masters], new Dictionary<string, IReadOnlyList<string>>()),
                ["alice"] = new("alice", "alice-uid", ["developers"], new Dictionary<string, IReadOnlyList<string>>()),
            },
        });
        var options = new ControllerHostOptions
        {
            ApiFor = user => Connect(user, "kube-controller-manager"),
            RootCertificateAuthorityPem = _host.Admin.CertificateAuthorityPem,
            MintServiceAccountToken = _host.MintServiceAccountTokenAsync,
            RunScheduler = false,
        };
        _controllers = ControllerHost.RunAsync(Connect("system:kube-controller-manager", "kube-controller-manager"), options, TimeProvider.System, _stop.Token);
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, _host.Kubeconfig("conversation"));
        Target = new(Http(), Http(), _host.Endpoint.ToString().TrimEnd('/'), kubeconfig, auditLog) { Token = AdminToken };
    }

    /// <summary>Audits by another policy (YAML) from here on; null: by the one of most recordings.</summary>
    public void UsePolicy(string? policy) => _sink!.Use(policy);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _controllers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_host is not null) await _host.DisposeAsync();
        await Webhook.DisposeAsync();
        if (_audit is not null) await _audit.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private KubernetesApi Connect(string user, string fieldManager)
    {
        string[] groups = user.StartsWith("system:serviceaccount:", StringComparison.Ordinal) ? ["system:serviceaccounts", "system:serviceaccounts:kube-system"] : [];
        var http = new HttpClient(_host!.CreateHandler(user, groups)) { BaseAddress = _host.Endpoint, Timeout = Timeout.InfiniteTimeSpan };
        return new(http, fieldManager);
    }

    private static HttpClient Http()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        };
        return new(handler) { Timeout = TimeSpan.FromSeconds(60) };
    }
}

/// <summary>A server started with the recordings' <c>--admission-control-config-file</c>.</summary>
public sealed class ConfiguredServer : RecordedServer
{
    /// <summary>What the names of the conversations with such a server begin with.</summary>
    public const string Conversations = "podsecurity/configured-";

    protected override PodSecurityConfiguration PodSecurity { get; } =
        AdmissionConfigurationFile.Read("admission.yaml", _ => Conversation.Read(Testdata.Path($"{Conversations}metrics.json")).Let.ToDictionary()["configuration"]);
}

/// <summary>Audits by one policy or another: some recordings were made under their own.</summary>
internal sealed class SwitchedAudit(AuditLog log, string usual) : IAuditSink
{
    private PolicyAuditSink _current = Make(log, usual);

    public void Use(string? policy) => _current = Make(log, policy ?? usual);

    public AuditLevel Begin(AuditedRequest request) => _current.Begin(request);

    public void Record(AuditStages stage, AuditedRequest request) => _current.Record(stage, request);

    private static PolicyAuditSink Make(AuditLog log, string policy) => new(AuditPolicyReader.Read(policy, "audit-policy.yaml"), log);
}
