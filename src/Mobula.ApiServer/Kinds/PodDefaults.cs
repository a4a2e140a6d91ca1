using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Kinds;

/// <summary>The defaults of a pod's spec; those of pod templates are the same.</summary>
internal static partial class PodDefaults
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
        foreach (var container in Containers(spec)) Container(container);
        foreach (var volume in spec.Objects("volumes")) Volume(volume);
    }

    /// <summary>What pods get but templates do not: host ports, and requests from limits.</summary>
    public static void ApplyToPod(JsonObject spec)
    {
        foreach (var container in Containers(spec))
        {
            if (spec.Flag("hostNetwork") == true) foreach (var port in container.Objects("ports")) port["hostPort"] ??= port["containerPort"]?.DeepClone();
            if (container.Object("resources") is { } resources) RequestLimits(resources);
        }
    }

    /// <summary>Drops the fields of features that are off.</summary>
    public static void DropDisabledFields(JsonObject spec)
    {
        foreach (var container in Containers(spec))
        {
            if (container.Object("lifecycle") is { } lifecycle && lifecycle.Remove("stopSignal") && lifecycle.Count == 0) container.Remove("lifecycle");
        }
    }

    /// <summary>What a pod as a whole is limited to it requests: as much as its containers do, or else all of it.</summary>
    public static void RequestForPod(JsonObject spec)
    {
        foreach (var (name, limit) in spec.Object("resources", "limits")?.ToList() ?? [])
        {
            if (spec.At("resources", "requests", name) is not null) continue;
            var requested = spec.Objects("containers").Select(c => c.Object("resources", "requests")?[name]?.ToString()).OfType<string>().ToList();
            spec.Ensure("resources", "requests")[name] = requested.Count == 0
                ? limit?.DeepClone()
                : requested.Select(Quantity.Parse).Aggregate((a, b) => a + b).ToString();
        }
    }

    private static void RequestLimits(JsonObject resources)
    {
        foreach (var (key, value) in resources.Object("limits")?.ToList() ?? [])
        {
            if (resources.At("requests", key) is null) resources.Ensure("requests")[key] = value?.DeepClone();
        }
    }

    public static IEnumerable<JsonObject> Containers(JsonObject spec) =>
        new[] { "initContainers", "containers", "ephemeralContainers" }.SelectMany(c => spec.Objects(c));

    private static void Container(JsonObject container)
    {
        Set(container, "terminationMessagePath", "/dev/termination-log");
        Set(container, "terminationMessagePolicy", "File");
        Set(container, "imagePullPolicy", PullPolicy(container.Text("image") ?? ""));
        container["resources"] ??= new JsonObject();
        RoundAmounts(container);
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
    }

    private static void HttpGet(JsonObject get)
    {
        Set(get, "path", "/");
        Set(get, "scheme", "HTTP");
    }

    /// <summary>Amounts finer than a thousandth are rounded up to it.</summary>
    private static void RoundAmounts(JsonObject container)
    {
        foreach (var list in new[] { "limits", "requests" })
        {
            foreach (var (name, value) in container.Object("resources", list)?.ToList() ?? [])
            {
                if (value?.ToString() is { } text && text.AsSpan().IndexOfAny("nu") >= 0 && Quantity.TryParse(text, out var amount)) container.Object("resources", list)![name] = $"{amount.MilliValue}m";
            }
        }
    }

    private static void Volume(JsonObject volume)
    {
        if (volume.Object("iscsi") is { } iscsi) Set(iscsi, "iscsiInterface", "default");
        if (volume.Object("rbd") is { } rbd)
        {
            Set(rbd, "pool", "rbd");
            Set(rbd, "user", "admin");
            Set(rbd, "keyring", "/etc/ceph/keyring");
        }
        if (volume.Object("azureDisk") is { } disk)
        {
            Set(disk, "cachingMode", "ReadWrite");
            Set(disk, "fsType", "ext4");
            Set(disk, "kind", "Shared");
            disk["readOnly"] ??= false;
        }
        if (volume.Object("scaleIO") is { } scaleIo)
        {
            Set(scaleIo, "storageMode", "ThinProvisioned");
            Set(scaleIo, "fsType", "xfs");
        }
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
        if (volume.Object("ephemeral", "volumeClaimTemplate", "spec") is { } claim) Set(claim, "volumeMode", "Filesystem");
        if (volume.Object("image") is { } image) Set(image, "pullPolicy", PullPolicy(image.Text("reference") ?? ""));
    }

    /// <summary>Images tagged <c>latest</c>, or named without tag and digest, are pulled always; what is no reference at all is not.</summary>
    private static string PullPolicy(string image)
    {
        var at = image.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? image : image[..at];
        var colon = name.LastIndexOf(':');
        var tagged = colon > name.LastIndexOf('/');
        if (tagged) return name[(colon + 1)..] == "latest" ? "Always" : "IfNotPresent";
        return at < 0 && RepositoryName().IsMatch(name) ? "Always" : "IfNotPresent";
    }

    [GeneratedRegex(@"\A(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryName();

    private static void Set(JsonObject o, string name, JsonNode value)
    {
        if (o[name] is null || (o[name] is JsonValue v && v.GetValueKind() == JsonValueKind.String && v.GetValue<string>().Length == 0)) o[name] = value;
    }
}
