using System.Text;
using System.Text.Json.Nodes;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Controllers.ServiceAccounts;

/// <summary>Fills the Secrets that ask for a ServiceAccount's token, and deletes them with their account.</summary>
internal sealed class TokenController : IController
{
    private const string Component = "tokens-controller";
    private const string SecretType = "kubernetes.io/service-account-token";
    private const string AccountName = "kubernetes.io/service-account.name";
    private const string AccountUid = "kubernetes.io/service-account.uid";

    private readonly KubernetesApi _api;
    private readonly string? _authority;
    private readonly Func<JsonObject, string, Task<string>> _mint;
    private readonly Informer _accounts;
    private readonly Informer _secrets;
    private readonly ControlLoop _loop;

    public TokenController(ControllerContext context, Func<JsonObject, string, Task<string>> mint)
    {
        _api = context.ApiForUser("system:kube-controller-manager");
        _authority = context.Options.RootCertificateAuthorityPem;
        _mint = mint;
        _accounts = context.Informer(Resources.ServiceAccounts);
        _secrets = context.Informer(Resources.Secrets);
        _loop = context.Loop(Component, ReconcileAsync)
            .Watch(_secrets, (_, now) => now?.Text("type") == SecretType ? [ObjectKey.Of(now)] : [])
            .Watch(_accounts, (old, now) => old is null
                ? []
                : _secrets.Cache.InNamespace(old.Namespace!).Where(s => s.Text("type") == SecretType && s.Annotation(AccountName) == old.Name).Select(ObjectKey.Of));
    }

    public Task RunAsync(CancellationToken cancellation) => _loop.RunAsync(2, cancellation);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_secrets.Cache.Get(key) is not { IsTerminating: false } secret || secret.Annotation(AccountName) is not { Length: > 0 } name) return null;
        var account = _accounts.Get(key.Namespace, name)
            // The cache may lag behind an account made just before its Secret.
            ?? await _api.FindAsync(Resources.ServiceAccounts, key.Namespace, name, cancellation).ConfigureAwait(false);
        if (account is null || (secret.Annotation(AccountUid) is { Length: > 0 } uid && uid != account.Uid))
        {
            try
            {
                await _api.DeleteAsync(
                    Resources.Secrets, key.Namespace, key.Name, new() { ["preconditions"] = new JsonObject { ["uid"] = secret.Uid } }, cancellation).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.IsNotFound || e.IsConflict)
            {
                return null;
            }
            return null;
        }
        var update = secret.Clone();
        update.Ensure("metadata", "annotations")[AccountUid] = account.Uid;
        var data = update.Ensure("data");
        if (_authority is not null) data["ca.crt"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(_authority));
        data["namespace"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(key.Namespace!));
        if (string.IsNullOrEmpty(data.Text("token"))) data["token"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(await _mint(account, key.Name).ConfigureAwait(false)));
        if (!JsonNode.DeepEquals(update, secret)) await _api.UpdateAsync(Resources.Secrets, update, cancellation: cancellation).ConfigureAwait(false);
        return null;
    }
}
