using System.Net;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>Finds a ready endpoint of a Service. The server stands outside the cluster's network of virtual addresses, but reaches its pods.</summary>
internal sealed class ServiceEndpoints(ObjectStore store)
{
    /// <exception cref="WebhookCallException">There is none; the message says why, after what was called.</exception>
    public (IPAddress Address, int Port) Find(WebhookService wanted, Func<string, Exception> fail)
    {
        var service = store.Get(new("services", wanted.Namespace, wanted.Name))?.Parse() ?? throw fail($"service {GoText.Quote(wanted.Name)} not found");
        var port = service.Objects("spec", "ports").FirstOrDefault(p => p.Integer("port") == wanted.Port) ?? throw fail($"no service port {wanted.Port} found for service {GoText.Quote(wanted.Name)}");
        var ready = store.List("endpointslices.discovery.k8s.io").Objects.Values
            .Where(s => s.Key.Namespace == wanted.Namespace).Select(s => s.Parse())
            .Where(s => s.Label("kubernetes.io/service-name") == wanted.Name)
            .SelectMany(s => Ready(s, port.Text("name") ?? "")).ToList();
        return ready.Count == 0 ? throw fail($"no endpoints available for service {GoText.Quote(wanted.Name)}") : ready[Random.Shared.Next(ready.Count)];
    }

    private static IEnumerable<(IPAddress Address, int Port)> Ready(JsonObject slice, string portName)
    {
        if (slice.Objects("ports").FirstOrDefault(p => (p.Text("name") ?? "") == portName)?.Integer("port") is not { } port) yield break;
        foreach (var endpoint in slice.Objects("endpoints").Where(e => e.Flag("conditions", "ready") != false))
        {
            if (endpoint.Texts("addresses").FirstOrDefault() is { } text && IPAddress.TryParse(text, out var address)) yield return (address, (int)port);
        }
    }
}
