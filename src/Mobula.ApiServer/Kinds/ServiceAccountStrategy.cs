using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>ServiceAccounts: DELETE answers the account.</summary>
internal sealed class ServiceAccountStrategy : ResourceStrategy
{
    private const string EnforceMountable = "kubernetes.io/enforce-mountable-secrets";

    public override bool ReturnsDeletedObject => true;

    public override IEnumerable<string> Warnings(JsonObject o, JsonObject? old)
    {
        if (o.Annotation(EnforceMountable) is not null) yield return $"metadata.annotations[{EnforceMountable}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets";
    }
}
