using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;

namespace Mobula.RayOperator.Pods;

/// <summary>The probes of a Ray container, where the user gave none.</summary>
internal static class HealthProbes
{
    public static void Add(RayClusterView cluster, SortedDictionary<string, string> parameters, JsonObject container, bool head)
    {
        if (!cluster.Options.InjectProbes) return;
        var service = cluster.Creator == "RayService";
        if (container["livenessProbe"] is null)
        {
            container["livenessProbe"] = Probe(Handler(cluster, parameters, head), head, initialDelay: 30, failures: 120);
        }
        if (container["readinessProbe"] is null)
        {
            var handler = service && !head ? Exec($"{RayletCheck(parameters)} && {ServeCheck(container)}") : Handler(cluster, parameters, head);
            container["readinessProbe"] = Probe(handler, head, initialDelay: 10, failures: service && !head ? 1 : 10);
        }
    }

    private static JsonObject Probe(JsonObject handler, bool head, int initialDelay, int failures)
    {
        handler["initialDelaySeconds"] = initialDelay;
        handler["timeoutSeconds"] = head ? 5 : 2;
        handler["periodSeconds"] = 5;
        handler["successThreshold"] = 1;
        handler["failureThreshold"] = failures;
        return handler;
    }

    private static JsonObject Handler(RayClusterView cluster, SortedDictionary<string, string> parameters, bool head)
    {
        if (RayVersion.IsAtLeast(cluster.RayVersion, 2, 53))
        {
            return new JsonObject
            {
                ["httpGet"] = new JsonObject { ["path"] = "/api/healthz", ["port"] = Port(parameters, "dashboard-agent-listen-port", RayPorts.DashboardAgent) },
            };
        }
        if (!head) return Exec(RayletCheck(parameters));
        var dashboard = Port(parameters, "dashboard-port", RayPorts.Dashboard);
        return Exec($"{RayletCheck(parameters)} && wget --tries 1 -T 10 -q -O- http://localhost:{dashboard}/api/gcs_healthz | grep success");
    }

    private static string RayletCheck(SortedDictionary<string, string> parameters) =>
        $"wget --tries 1 -T 2 -q -O- http://localhost:{Port(parameters, "dashboard-agent-listen-port", RayPorts.DashboardAgent)}/api/local_raylet_healthz | grep success";

    private static string ServeCheck(JsonObject container)
    {
        var port = container.Objects("ports").FirstOrDefault(p => p.Text("name") == RayPorts.ServeName)?.Integer("containerPort") ?? RayPorts.Serve;
        return $"wget --tries 1 -T 10 -q -O- http://localhost:{port}/-/healthz | grep success";
    }

    private static JsonObject Exec(string command) => new()
    {
        ["exec"] = new JsonObject { ["command"] = ContainerEditing.Texts("bash", "-c", command) },
    };

    private static int Port(SortedDictionary<string, string> parameters, string name, int otherwise) =>
        parameters.TryGetValue(name, out var text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var port) ? port : otherwise;
}
