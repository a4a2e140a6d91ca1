using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>The defaults of a pod's spec; those of pod templates are the same.</summary>
internal static class PodDefaults
{
    private const long OwnerReadWrite = 420;

    public static void Apply(JsonObject spec)
    {
        Set(spec, "restartPolicy", "Always");
        Set(spec, "terminationGracePeriodSeconds", 30);
        Set(spec, "dnsPolicy", "ClusterFirst");
        Set(spec, "schedulerName", "default-scheduler");
        spec["securityContext"] ??= new JsonObject();
        // The old name of the field is kept equal to the new one.
        if (spec.Text("serviceAccountName") is { Length: > 0 } account) spec["serviceAccount"] = account;
        else if (spec.Text("serviceAccount") is { Length: > 0 } old) spec["serviceAccountName"] = old;
        var hostNetwork = spec.Flag("hostNetwork") == true;
        foreach (var container in Containers(spec))
        {
            Container(container);
            if (!hostNetwork) continue;
            foreach (var port in container.Objects("ports")) port["hostPort"] ??= port["containerPort"]?.DeepClone();
        }
        foreach (var volume in spec.Objects("volumes")) Volume(volume);
    }

    public static IEnumerable<JsonObject> Containers(JsonObject spec) =>
        new[] { "initContainers", "containers", "ephemeralContainers" }.SelectMany(c => spec.Objects(c));

    private static void Container(JsonObject container)
    {
        Set(container, "terminationMessagePath", "/dev/termination-log");
        Set(container, "terminationMessagePolicy", "File");
        Set(container, "imagePullPolicy", PullPolicy(container.Text("image") ?? ""));
        container["resources"] ??= new JsonObject();
        foreach (var port in container.Objects("ports")) Set(port, "protocol", "TCP");
        foreach (var variable in container.Objects("env"))
        {
            if (variable.Object("valueFrom", "fieldRef") is { } field) Set(field, "apiVersion", "v1");
            if (variable.Object("valueFrom", "resourceFieldRef") is { } resource && resource["divisor"] is null) resource["divisor"] = "0";
        }
        foreach (var name in new[] { "livenessProbe", "readinessProbe", "startupProbe" })
        {
            if (container.Object(name) is not { } probe) continue;
            Set(probe, "timeoutSeconds", 1);
            Set(probe, "periodSeconds", 10);
            Set(probe, "successThreshold", 1);
            Set(probe, "failureThreshold", 3);
            if (probe.Object("httpGet") is { } get) HttpGet(get);
            if (probe.Object("grpc") is { } grpc && grpc["service"] is null) grpc["service"] = "";
        }
        foreach (var hook in new[] { "postStart", "preStop" })
        {
            if (container.Object("lifecycle", hook, "httpGet") is { } get) HttpGet(get);
        }
        if (container.Object("resources") is { } resources && resources.Object("limits") is { Count: > 0 } limits)
        {
            foreach (var (key, value) in limits.ToList())
            {
                if (resources.At("requests", key) is null) resources.Ensure("requests")[key] = value?.DeepClone();
            }
        }
    }

    private static void HttpGet(JsonObject get)
    {
        Set(get, "path", "/");
        Set(get, "scheme", "HTTP");
    }

    private static void Volume(JsonObject volume)
    {
        if (volume.All(m => m.Key == "name")) volume["emptyDir"] = new JsonObject();
        foreach (var kind in new[] { "configMap", "secret", "downwardAPI", "projected" })
        {
            if (volume.Object(kind) is { } source) Set(source, "defaultMode", OwnerReadWrite);
        }
        if (volume.Object("hostPath") is { } host && host["type"] is null) host["type"] = "";
        foreach (var item in volume.Objects("downwardAPI", "items").Concat(volume.Objects("projected", "sources").SelectMany(s => s.Objects("downwardAPI", "items"))))
        {
            if (item.Object("fieldRef") is { } field) Set(field, "apiVersion", "v1");
        }
        foreach (var source in volume.Objects("projected", "sources"))
        {
            if (source.Object("serviceAccountToken") is { } token) Set(token, "expirationSeconds", 3600);
        }
    }

    private static string PullPolicy(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal)) return "IfNotPresent";
        var tag = image.LastIndexOf(':');
        return tag < 0 || tag < image.LastIndexOf('/') || image[(tag + 1)..] == "latest" ? "Always" : "IfNotPresent";
    }

    private static void Set(JsonObject o, string name, JsonNode value)
    {
        if (o[name] is null || (o[name] is JsonValue v && v.GetValueKind() == JsonValueKind.String && v.GetValue<string>().Length == 0)) o[name] = value;
    }
}
