using System.Text.Json.Nodes;
using Mobula.Ray.Definitions;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Install;

/// <summary>How the operator is to be installed.</summary>
/// <param name="Namespace">Where it runs.</param>
public sealed record OperatorInstallation(string Namespace)
{
    /// <summary>The image.</summary>
    public string Image { get; init; } = "localhost/mobula/operator:0.1.0";

    /// <summary>How many instances; one of them leads.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Whether it works in its own namespace only, with a Role instead of a ClusterRole.</summary>
    public bool OwnNamespaceOnly { get; init; }

    /// <summary>More of the operator's flags, for example <c>--pod-security-defaults=false</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}

/// <summary>The objects that make up an installation of the operator. <c>deploy/</c> holds the same as files.</summary>
public static class OperatorManifests
{
    /// <summary>The name of all that is made.</summary>
    public const string Name = "mobula-operator";

    /// <summary>All objects in the order in which to apply them: definitions first, the Deployment last.</summary>
    public static IReadOnlyList<JsonObject> All(OperatorInstallation installation) => [.. RayDefinitions.All(), .. WithoutDefinitions(installation)];

    /// <summary>The objects without the CustomResourceDefinitions.</summary>
    public static IReadOnlyList<JsonObject> WithoutDefinitions(OperatorInstallation installation)
    {
        var ns = installation.Namespace;
        var kind = installation.OwnNamespaceOnly ? "Role" : "ClusterRole";
        return
        [
            Object("v1", "ServiceAccount", Name, ns),
            OperatorAccess.Role(installation),
            Binding(kind, Name, installation.OwnNamespaceOnly ? ns : null, ns),
            OperatorAccess.LeaderElection(ns),
            Binding("Role", $"{Name}-leader-election", ns, ns),
            Deployment(installation),
        ];
    }

    internal static JsonObject Object(string apiVersion, string kind, string name, string? ns)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null) metadata["namespace"] = ns;
        metadata["labels"] = Labels();
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }

    private static JsonObject Labels() => new()
    {
        ["app.kubernetes.io/name"] = Name,
        ["app.kubernetes.io/component"] = "operator",
        ["app.kubernetes.io/part-of"] = "mobula",
    };

    private static JsonObject Binding(string roleKind, string role, string? ns, string accountNamespace)
    {
        var binding = Object("rbac.authorization.k8s.io/v1", ns is null ? "ClusterRoleBinding" : "RoleBinding", role, ns);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = roleKind, ["name"] = role };
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = Name, ["namespace"] = accountNamespace });
        return binding;
    }

    private static JsonObject Deployment(OperatorInstallation installation)
    {
        var arguments = ContainerEditing.Texts("operator", "--enable-leader-election=true", "--metrics-addr=:8080", "--health-probe-bind-address=:8082");
        if (installation.OwnNamespaceOnly) arguments.AddNode($"--watch-namespace={installation.Namespace}");
        foreach (var flag in installation.Flags) arguments.AddNode(flag);
        var container = new JsonObject
        {
            ["name"] = Name,
            ["image"] = installation.Image,
            ["imagePullPolicy"] = "IfNotPresent",
            ["args"] = arguments,
            ["env"] = new JsonArray(new JsonObject
            {
                ["name"] = "POD_NAMESPACE",
                ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "metadata.namespace" } },
            }),
            ["ports"] = new JsonArray(Port("metrics", 8080), Port("health", 8082)),
            ["livenessProbe"] = Probe("/healthz", failures: 5),
            ["readinessProbe"] = Probe("/readyz", failures: 3),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "20m", ["memory"] = "64Mi" },
                ["limits"] = new JsonObject { ["cpu"] = "1", ["memory"] = "256Mi" },
            },
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
                ["readOnlyRootFilesystem"] = true,
            },
        };
        var deployment = Object("apps/v1", "Deployment", Name, installation.Namespace);
        deployment["spec"] = new JsonObject
        {
            ["replicas"] = installation.Replicas,
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app.kubernetes.io/name"] = Name } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = Labels() },
                ["spec"] = new JsonObject
                {
                    ["serviceAccountName"] = Name,
                    ["terminationGracePeriodSeconds"] = 10,
                    ["securityContext"] = new JsonObject
                    {
                        ["runAsNonRoot"] = true,
                        ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
                    },
                    ["containers"] = new JsonArray(container),
                },
            },
        };
        return deployment;
    }

    private static JsonObject Port(string name, int number) => new() { ["name"] = name, ["containerPort"] = number, ["protocol"] = "TCP" };

    private static JsonObject Probe(string path, int failures) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = "health" },
        ["periodSeconds"] = 5,
        ["failureThreshold"] = failures,
    };
}
