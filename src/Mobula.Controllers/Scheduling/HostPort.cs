using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Scheduling;

/// <summary>A port of the node that a pod takes.</summary>
internal readonly record struct HostPort(string Address, string Protocol, long Port)
{
    private const string AnyAddress = "0.0.0.0";

    /// <summary>The host ports of a pod's containers and sidecars.</summary>
    public static IEnumerable<HostPort> Of(JsonObject pod) => pod.Objects("spec", "containers")
        .Concat(pod.Objects("spec", "initContainers").Where(c => c.Text("restartPolicy") == "Always"))
        .SelectMany(c => c.Objects("ports"))
        .Where(p => p.Integer("hostPort") is > 0)
        .Select(p => new HostPort(p.Text("hostIP") is { Length: > 0 } ip ? ip : AnyAddress, p.Text("protocol") ?? "TCP", p.Integer("hostPort")!.Value));

    /// <summary>Whether both cannot be had at once.</summary>
    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Address == other.Address || Address == AnyAddress || other.Address == AnyAddress);
}
