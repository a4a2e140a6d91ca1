using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Hashing;

namespace Mobula.RayOperator.Pods;

/// <summary>From a group's <c>rayStartParams</c>, resources and labels to the command <c>ray start …</c>.</summary>
internal static class StartCommand
{
    private static readonly string[] NeverSwitches = ["log-color", "include-dashboard", "include-log-monitor"];
    private static readonly (string Resource, string Name)[] Accelerators = [("aws.amazon.com/neuroncore", "neuron_cores"), (ResourceNames.Tpu, "TPU")];

    /// <summary>The parameters with KubeRay's defaults, before the container's resources are looked at.</summary>
    public static SortedDictionary<string, string> Parameters(RayClusterView cluster, JsonObject group, bool head)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in group.TextMap("rayStartParams")) parameters[key] = value;
        AddGroupResources(parameters, group);
        var labels = group.TextMap("labels").OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}").ToArray();
        if (labels.Length > 0) parameters["labels"] = string.Join(',', labels);
        if (head) parameters.TryAdd("dashboard-host", "0.0.0.0");
        else parameters.TryAdd("address", $"{cluster.HeadAddress}:{cluster.HeadPort}");
        parameters.TryAdd("metrics-export-port", $"{RayPorts.Metrics}");
        parameters["block"] = "true";
        parameters.TryAdd("dashboard-agent-listen-port", $"{RayPorts.DashboardAgent}");
        if (head && cluster.Autoscaling) parameters["no-monitor"] = "true";
        if (head && cluster.UsesRedis)
        {
            if (cluster.FaultTolerance?.Object("redisUsername") is not null) parameters["redis-username"] = "$REDIS_USERNAME";
            if (cluster.FaultTolerance?.Object("redisPassword") is not null) parameters["redis-password"] = "$REDIS_PASSWORD";
        }
        return parameters;
    }

    /// <summary>The command; the container's resources fill in what the parameters leave open.</summary>
    public static string Write(SortedDictionary<string, string> parameters, JsonObject container, bool head)
    {
        var all = new SortedDictionary<string, string>(parameters, StringComparer.Ordinal);
        if (!all.ContainsKey("num-cpus"))
        {
            var cpus = container.Amount("resources", "limits", "cpu") ?? container.Amount("resources", "requests", "cpu");
            if (cpus is { Sign: not 0 } amount) all["num-cpus"] = $"{amount.Value}";
        }
        if (!all.ContainsKey("memory") && container.Amount("resources", "limits", "memory") is { Sign: not 0 } memory) all["memory"] = $"{memory.Value}";
        AddAccelerators(all, container);
        var command = new StringBuilder("ray start ");
        if (head) command.Append("--head ");
        foreach (var (key, value) in all)
        {
            if (!NeverSwitches.Contains(key) && bool.TryParse(value, out var on))
            {
                if (on) command.Append(" --").Append(key).Append(' ');
            }
            else
            {
                command.Append(" --").Append(key).Append('=').Append(value).Append(' ');
            }
        }
        return command.ToString();
    }

    private static void AddGroupResources(SortedDictionary<string, string> parameters, JsonObject group)
    {
        var custom = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, text) in group.TextMap("resources").OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            if (!Quantity.TryParse(text, out var amount)) continue;
            if (name.Equals(ResourceNames.Cpu, StringComparison.OrdinalIgnoreCase)) parameters["num-cpus"] = $"{amount.Value}";
            else if (name.Equals(ResourceNames.Memory, StringComparison.OrdinalIgnoreCase)) parameters["memory"] = $"{amount.Value}";
            else if (ResourceNames.IsGpu(name.ToLowerInvariant())) parameters["num-gpus"] = $"{amount.Value}";
            else custom[name] = amount.ToDouble();
        }
        if (custom.Count > 0) parameters["resources"] = Quote(custom);
    }

    private static void AddAccelerators(SortedDictionary<string, string> parameters, JsonObject container)
    {
        var limits = (container.Object("resources", "limits") ?? []).OrderBy(l => l.Key, StringComparer.Ordinal);
        var accelerated = false;
        foreach (var (name, node) in limits)
        {
            if (ResourceNames.Read(node) is not { Sign: not 0 } amount) continue;
            if (ResourceNames.IsGpu(name)) parameters.TryAdd("num-gpus", $"{amount.Value}");
            var ray = Accelerators.FirstOrDefault(a => a.Resource == name).Name;
            if (ray is null || accelerated || ReadResources(parameters) is not { } custom) continue;
            if (Accelerators.Any(a => custom.ContainsKey(a.Name)))
            {
                accelerated = true;
                continue;
            }
            custom[ray] = amount.ToDouble();
            parameters["resources"] = Quote(custom);
            accelerated = true;
        }
    }

    /// <summary>The parameter <c>resources</c> as a map; null when it is no JSON, which is then left alone.</summary>
    private static SortedDictionary<string, double>? ReadResources(SortedDictionary<string, string> parameters)
    {
        var custom = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (!parameters.TryGetValue("resources", out var text)) return custom;
        try
        {
            if (JsonNode.Parse(text.Trim('\'', '"', '`', ' ')) is not JsonObject map) return null;
            foreach (var (name, node) in map)
            {
                if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number) return null;
                custom[name] = double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);
            }
            return custom;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Quote(SortedDictionary<string, double> resources)
    {
        var output = new StringBuilder("'{");
        foreach (var (name, amount) in resources)
        {
            if (output.Length > 2) output.Append(',');
            GoJson.WriteString(output, name);
            output.Append(':').Append(GoJson.Number(amount));
        }
        return output.Append("}'").ToString();
    }
}
