using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Tests.RandomWrites;

/// <summary>The defaults of the few built-in kinds that the tables of random writes use; a server has its own.</summary>
internal static class KindDefaults
{
    public static JsonObject Set(JsonObject obj)
    {
        switch (obj.Kind)
        {
            case "Service":
                SetService(obj.Ensure("spec"));
                break;
            case "NetworkPolicy":
                SetNetworkPolicy(obj.Ensure("spec"));
                break;
            case "PodTemplate":
                SetPodSpec(obj.Ensure("template", "spec"));
                break;
        }
        return obj;
    }

    /// <summary>What a server allocates after ownership has been settled.</summary>
    public static void Allocate(JsonObject obj)
    {
        if (obj.Kind != "Service") return;
        var spec = obj.Ensure("spec");
        if (spec.Text("type") == "ExternalName") return;
        if (spec.Text("clusterIP") is null or "") spec["clusterIP"] = "<ip>";
        spec["clusterIPs"] ??= new JsonArray(spec.Text("clusterIP"));
        spec["ipFamilies"] ??= new JsonArray("IPv4");
        spec["ipFamilyPolicy"] ??= "SingleStack";
    }

    private static void SetService(JsonObject spec)
    {
        spec["type"] ??= "ClusterIP";
        spec["sessionAffinity"] ??= "None";
        if (spec.Text("sessionAffinity") == "ClientIP") spec.Ensure("sessionAffinityConfig", "clientIP")["timeoutSeconds"] ??= 10800;
        if (spec.Text("type") != "ExternalName") spec["internalTrafficPolicy"] ??= "Cluster";
        if (spec.Text("type") is "NodePort" or "LoadBalancer" || (spec.Text("type") == "ClusterIP" && spec["externalIPs"] is JsonArray { Count: > 0 }))
        {
            spec["externalTrafficPolicy"] ??= "Cluster";
        }
        else
        {
            spec.Remove("externalTrafficPolicy");
        }
        foreach (var port in spec.Objects("ports"))
        {
            port["protocol"] ??= "TCP";
            if (port["targetPort"] is null || port["targetPort"]!.ToJsonString() is "0" or "\"\"") port["targetPort"] = port["port"]?.DeepClone();
        }
    }

    private static void SetNetworkPolicy(JsonObject spec)
    {
        foreach (var rule in spec.Objects("ingress").Concat(spec.Objects("egress")))
        {
            foreach (var port in rule.Objects("ports")) port["protocol"] ??= "TCP";
        }
        if (spec["policyTypes"] is not null) return;
        spec["policyTypes"] = spec["egress"] is null ? new JsonArray("Ingress") : new JsonArray("Ingress", "Egress");
    }

    private static void SetPodSpec(JsonObject spec)
    {
        spec["restartPolicy"] ??= "Always";
        spec["terminationGracePeriodSeconds"] ??= 30;
        spec["dnsPolicy"] ??= "ClusterFirst";
        spec["securityContext"] ??= new JsonObject();
        spec["schedulerName"] ??= "default-scheduler";
        if (spec.Text("serviceAccountName") is { } account) spec["serviceAccount"] ??= account;
        foreach (var container in spec.Objects("initContainers").Concat(spec.Objects("containers"))) SetContainer(container);
        foreach (var volume in spec.Objects("volumes")) SetVolume(volume);
    }

    private static void SetContainer(JsonObject container)
    {
        container["terminationMessagePath"] ??= "/dev/termination-log";
        container["terminationMessagePolicy"] ??= "File";
        container["imagePullPolicy"] ??= container.Text("image") is { } image && image.Contains(':') && !image.EndsWith(":latest", StringComparison.Ordinal)
            ? "IfNotPresent" : "Always";
        foreach (var port in container.Objects("ports")) port["protocol"] ??= "TCP";
        foreach (var variable in container.Objects("env"))
        {
            if (variable.Object("valueFrom", "fieldRef") is { } field) field["apiVersion"] ??= "v1";
        }
        foreach (var name in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container[name] is JsonObject probe) SetProbe(probe);
        }
    }

    private static void SetProbe(JsonObject probe)
    {
        probe["timeoutSeconds"] ??= 1;
        probe["periodSeconds"] ??= 10;
        probe["successThreshold"] ??= 1;
        probe["failureThreshold"] ??= 3;
        if (probe["httpGet"] is not JsonObject get) return;
        get["path"] ??= "/";
        get["scheme"] ??= "HTTP";
    }

    private static void SetVolume(JsonObject volume)
    {
        if (volume.Count(m => m.Key != "name") == 0) volume["emptyDir"] = new JsonObject();
        foreach (var name in (string[])["configMap", "secret", "downwardAPI", "projected"])
        {
            if (volume[name] is JsonObject source) source["defaultMode"] ??= 420;
        }
    }
}
