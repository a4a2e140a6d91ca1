using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Tests.Replay;

/// <summary>A recorded conversation with KubeRay: what was asked and what the API server answered.</summary>
internal sealed class Recording(string name, JsonObject json)
{
    public string Name => name;

    public IReadOnlyList<JsonObject> Steps { get; } = [.. json.Objects("steps")];

    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "testdata", "kuberay");

    public static Recording Load(string name) =>
        new(name, KubernetesJson.ParseObject(File.ReadAllBytes(Path.Combine(Folder, $"{name}.json"))));

    /// <summary>All objects that the server showed, in order: those of lists too; and whether fields were left out of them.</summary>
    public IEnumerable<(JsonObject Object, bool Partial)> Objects()
    {
        foreach (var step in Steps)
        {
            if (step.Object("answer", "body") is not { } body) continue;
            var partial = step.Texts("ignore").Any(p => !p.EndsWith("/managedFields", StringComparison.Ordinal));
            if (body.List("items") is not { } items)
            {
                yield return (body, partial);
                continue;
            }
            var kind = body.Kind.EndsWith("List", StringComparison.Ordinal) ? body.Kind[..^4] : body.Kind;
            foreach (var item in items.OfType<JsonObject>())
            {
                var o = item.Clone();
                if (o.Kind.Length == 0) o["kind"] = kind;
                if (o.ApiVersion.Length == 0) o["apiVersion"] = body.ApiVersion;
                yield return (o, partial);
            }
        }
    }

    /// <summary>What the operator ran with.</summary>
    public RayOperatorOptions Options => new()
    {
        PodSecurityDefaults = false,
        FeatureGates = name.StartsWith("gated-", StringComparison.Ordinal)
            ? FeatureGates.Parse("RayCronJob=true,RayClusterNetworkPolicy=true,GCSFaultToleranceEmbeddedStorage=true,RayClusterHistoryServer=true,RayClusterMTLS=true")
            : FeatureGates.Default,
    };
}
