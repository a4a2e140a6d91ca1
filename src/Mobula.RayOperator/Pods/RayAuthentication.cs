using System.Text.Json.Nodes;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Pods;

/// <summary>What a container needs to speak to a cluster that asks for a token.</summary>
internal static class RayAuthentication
{
    private const string VolumeName = "ray-token";
    private const string MountPath = "/var/run/secrets/ray.io/serviceaccount";
    public const string SecretKey = "auth_token";

    public static void AddEnvironment(RayClusterView cluster, JsonObject container)
    {
        if (!cluster.UsesTokenAuth) return;
        container.AddEnvIfAbsent("RAY_AUTH_MODE", "token");
        if (cluster.UsesKubernetesTokens)
        {
            container.AddEnvIfAbsent("RAY_ENABLE_K8S_TOKEN_AUTH", "true");
            if (!container.Mounts(MountPath)) container.AddMount(VolumeName, MountPath, readOnly: true);
        }
        else if (!container.HasEnv("RAY_AUTH_TOKEN"))
        {
            container.AddEnvFrom("RAY_AUTH_TOKEN", new JsonObject
            {
                ["secretKeyRef"] = new JsonObject { ["name"] = cluster.AuthSecretName, ["key"] = SecretKey },
            });
        }
    }

    public static void AddVolume(RayClusterView cluster, JsonObject podSpec)
    {
        if (!cluster.UsesTokenAuth || !cluster.UsesKubernetesTokens) return;
        podSpec.EnsureList("volumes").AddNode(new JsonObject
        {
            ["name"] = VolumeName,
            ["projected"] = new JsonObject
            {
                ["sources"] = new JsonArray(new JsonObject { ["serviceAccountToken"] = new JsonObject { ["path"] = "token" } }),
            },
        });
    }
}
