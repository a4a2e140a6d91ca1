using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

// Which nodes have a proxy of Serve, and what it knows.
internal sealed partial class Cluster
{
    private JsonObject? _serve;

    /// <summary>Gives the proxies their options and routes; null ends them.</summary>
    public void SpreadServe(JsonObject? serve)
    {
        lock (_gate)
        {
            _serve = serve;
            foreach (var node in _nodes.Values)
                if (node.Alive) TellServe(node);
        }
    }

    /// <summary>The proxies as Serve's details show them.</summary>
    public JsonObject ServeProxies()
    {
        lock (_gate)
        {
            var shown = new JsonObject();
            foreach (var node in _nodes.Values.Where(n => n.Alive && n.Proxy is not null))
            {
                shown[node.Id] = new JsonObject
                {
                    ["node_id"] = node.Id,
                    ["node_ip"] = node.Ip,
                    ["node_instance_id"] = "",
                    ["actor_id"] = node.Id[..32],
                    ["actor_name"] = $"SERVE_PROXY_ACTOR-{node.Id}",
                    ["worker_id"] = node.Id,
                    ["log_file_path"] = "",
                    ["status"] = node.Proxy,
                };
            }
            return shown;
        }
    }

    /// <summary>As Ray does it: the head has a proxy, and every node on which a replica listens.</summary>
    private void TellServe(NodeRecord node)
    {
        var wanted = _serve is not null && _serve.Object("options").Text("location") switch
        {
            "Disabled" => false,
            "HeadOnly" => node.IsHead,
            _ => node.IsHead || node.Proxy is not null || HasReplica(node),
        };
        if (!wanted && node.Proxy is null) return;
        node.Proxy = wanted ? node.Proxy ?? "STARTING" : null;
        var message = wanted ? (JsonObject)_serve!.DeepClone() : [];
        message["t"] = "serve";
        node.Peer.Connection.Send(message);
    }

    private bool HasReplica(NodeRecord node) =>
        (_serve!["routes"] as JsonArray ?? []).OfType<JsonObject>().Any(r => (r["replicas"] as JsonArray ?? []).OfType<JsonObject>().Any(p => p.Text("node") == node.Id));
}
