using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>The table of ingresses.</summary>
internal static class IngressTable
{
    public static TableFormat Format { get; } = TableFormats.Make("Class Hosts Address Ports Age", (ingress, now) =>
    [
        ingress.Text("spec", "ingressClassName") ?? "<none>", Hosts(ingress),
        string.Join(',', ingress.Objects("status", "loadBalancer", "ingress").Select(i => i.Text("ip") is { Length: > 0 } ip ? ip : i.Text("hostname"))),
        ingress.Objects("spec", "tls").Any() ? "80, 443" : "80", Ages.Of(ingress, now),
    ]);

    private static string Hosts(JsonObject ingress)
    {
        var hosts = ingress.Objects("spec", "rules").Select(r => r.Text("host") ?? "").Where(h => h.Length > 0).ToList();
        if (hosts.Count == 0) return "*";
        return hosts.Count <= 3 ? string.Join(',', hosts) : $"{string.Join(',', hosts.Take(3))} + {hosts.Count - 3} more...";
    }
}
