using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Schema;
using Mobula.Ray.Definitions;

namespace Mobula.Ray.Tests.Definitions;

public sealed class RayDefinitionTests
{
    public static TheoryData<string> Kinds => ["RayCluster", "RayCronJob", "RayJob", "RayService"];

    [Fact]
    public void Resources_and_definitions_name_the_same() => Assert.Equal(
        ((GroupVersionResource[])[RayResources.RayClusters, RayResources.RayCronJobs, RayResources.RayJobs, RayResources.RayServices]).Select(r => $"{r.Resource}.{r.Group}"),
        RayDefinitions.All().Select(d => d.Name));

    [Fact]
    public void Each_call_gives_objects_of_its_own()
    {
        RayDefinitions.All()[0].Metadata["name"] = "changed";
        Assert.Equal("rayclusters.ray.io", RayDefinitions.All()[0].Name);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Schema_is_structural(string kind)
    {
        Walk(Root(kind), "", (path, schema) =>
        {
            var anyType = schema.Flag("x-kubernetes-int-or-string") == true || schema.Flag("x-kubernetes-preserve-unknown-fields") == true;
            Assert.True(anyType || schema.Text("type") is not null, $"{path} has no type");
            Assert.False(schema.ContainsKey("$ref") || schema.ContainsKey("allOf"), $"{path} is not resolved");
            foreach (var name in schema.Texts("required")) Assert.True(schema.Object("properties", name) is not null, $"{path} requires {name}, which it does not have");
        });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Keys_of_lists_are_required_or_have_a_default(string kind) =>
        Walk(Root(kind), "", (path, schema) =>
        {
            foreach (var key in schema.Texts("x-kubernetes-list-map-keys"))
            {
                var item = schema.Object("items")!;
                var isGiven = item.Texts("required").Contains(key) || item.Object("properties", key)?["default"] is not null;
                Assert.True(isGiven, $"the items of {path} may lack {key}");
            }
        });

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Columns_show_fields_that_exist(string kind)
    {
        var definition = Definition(kind);
        var columns = definition.Objects("spec", "versions").Single().Objects("additionalPrinterColumns").ToArray();
        Assert.NotEmpty(columns);
        foreach (var column in columns)
        {
            var parts = column.Text("jsonPath")!.Split('.', StringSplitOptions.RemoveEmptyEntries);
            if (parts[0] == "metadata") continue;
            JsonObject? schema = Root(kind);
            foreach (var part in parts) schema = schema?.Object("properties", part);
            Assert.True(schema is not null, $"{column.Text("name")}: nothing at {column.Text("jsonPath")}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Status_is_a_subresource_and_v1_is_stored(string kind)
    {
        var version = Definition(kind).Objects("spec", "versions").Single();
        Assert.Equal(("v1", true, true), (version.Text("name"), version.Flag("served"), version.Flag("storage")));
        Assert.NotNull(version.Object("subresources", "status"));
    }

    [Fact]
    public void Cluster_keeps_all_that_users_write_and_loses_what_nobody_knows()
    {
        var cluster = Parse("""
            {"apiVersion":"ray.io/v1","kind":"RayCluster","metadata":{"name":"c","labels":{"a":"b"}},"spec":{"rayVersion":"2.60.0","enableInTreeAutoscaling":true,
              "autoscalerOptions":{"version":"v2","idleTimeoutSeconds":60,"resources":{"limits":{"cpu":"500m"}}},
              "gcsFaultToleranceOptions":{"redisAddress":"redis:6379","redisPassword":{"valueFrom":{"secretKeyRef":{"name":"r","key":"p"}}}},
              "headGroupSpec":{"rayStartParams":{"dashboard-host":"0.0.0.0"},"serviceType":"ClusterIP","template":{"metadata":{"labels":{"x":"y"}},"spec":{"containers":[
                {"name":"h","image":"i","ports":[{"containerPort":6379,"name":"gcs"}],"securityContext":{"capabilities":{"drop":["ALL"]}},"resources":{"requests":{"memory":"1Gi","cpu":1}}}]}}},
              "workerGroupSpecs":[{"groupName":"g","replicas":1,"minReplicas":0,"maxReplicas":3,"scaleStrategy":{"workersToDelete":["p"]},"template":{"spec":{"containers":[{"name":"w","image":"i"}]}}}]}}
            """);
        var sent = cluster.Clone();
        sent.Object("spec", "headGroupSpec")!["hedServiceType"] = "typo";
        sent.Object("spec", "headGroupSpec", "template", "spec")!["unknown"] = new JsonObject();
        var pruned = CustomResourceForm.Prune(Schema("RayCluster"), sent);
        Assert.Equal(["spec.headGroupSpec.hedServiceType", "spec.headGroupSpec.template.spec.unknown"], pruned.Order());
        Assert.True(JsonNode.DeepEquals(cluster, sent), sent.ToJsonString());
    }

    [Fact]
    public void Worker_group_gets_KubeRays_defaults()
    {
        var cluster = Parse("""{"spec":{"headGroupSpec":{"template":{}},"workerGroupSpecs":[{"groupName":"g","template":{}}],"networkPolicy":{}}}""");
        CustomResourceForm.ApplyDefaults(Schema("RayCluster"), cluster);
        var group = cluster.Objects("spec", "workerGroupSpecs").Single();
        Assert.Equal((0, 0, int.MaxValue, 1), (group.Integer("replicas"), group.Integer("minReplicas"), group.Integer("maxReplicas"), group.Integer("numOfHosts")));
        Assert.Equal("DenyAll", cluster.Text("spec", "networkPolicy", "mode"));
    }

    [Fact]
    public void Job_and_service_hold_a_whole_cluster()
    {
        var cluster = Root("RayCluster").Object("properties", "spec")!;
        foreach (var embedded in (JsonObject?[])[
            Root("RayJob").Object("properties", "spec", "properties", "rayClusterSpec"),
            Root("RayService").Object("properties", "spec", "properties", "rayClusterConfig"),
            Root("RayCronJob").Object("properties", "spec", "properties", "jobTemplate", "properties", "rayClusterSpec")])
            Assert.True(JsonNode.DeepEquals(cluster, embedded));
    }

    [Fact]
    public void Job_gets_the_defaults_of_its_submission()
    {
        var job = Parse("""{"spec":{"deletionStrategy":{"deletionRules":[{"policy":"DeleteSelf","condition":{"jobStatus":"FAILED"}}]}}}""");
        CustomResourceForm.ApplyDefaults(Schema("RayJob"), job);
        Assert.Equal(("K8sJobMode", 0, 0), (job.Text("spec", "submissionMode"), job.Integer("spec", "backoffLimit"), job.Integer("spec", "ttlSecondsAfterFinished")));
        Assert.Equal(0, job.Objects("spec", "deletionStrategy", "deletionRules").Single().Integer("condition", "ttlSeconds"));
    }

    private static JsonObject Definition(string kind) => RayDefinitions.All().Single(d => d.Text("spec", "names", "kind") == kind);

    private static JsonObject Root(string kind) => Definition(kind).Objects("spec", "versions").Single().Object("schema", "openAPIV3Schema")!;

    private static TypeSchema Schema(string kind) => StructuralSchema.ForVersion(Definition(kind), "v1")!;

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static void Walk(JsonObject schema, string path, Action<string, JsonObject> visit)
    {
        visit(path, schema);
        foreach (var (name, property) in schema.Object("properties") ?? []) Walk((JsonObject)property!, $"{path}.{name}", visit);
        if (schema.Object("items") is { } items) Walk(items, $"{path}[]", visit);
        if (schema.Object("additionalProperties") is { } values) Walk(values, $"{path}{{}}", visit);
    }
}
