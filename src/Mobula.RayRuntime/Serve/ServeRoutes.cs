using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Serve;

/// <summary>Where a replica listens.</summary>
internal sealed record ServeReplica(string Id, string Ip, int Port);

/// <summary>One application's way in.</summary>
/// <param name="App">The application's name.</param>
/// <param name="Prefix">The path below which requests are its own; <c>/</c> is all.</param>
/// <param name="MaxOngoing">Requests a replica is given at once.</param>
/// <param name="MaxQueued">Requests that may wait for a free replica; -1 is any number.</param>
/// <param name="Replicas">Those that answer now.</param>
internal sealed record ServeRoute(string App, string Prefix, int MaxOngoing, int MaxQueued, IReadOnlyList<ServeReplica> Replicas)
{
    private string Bare { get; } = Prefix.TrimEnd('/');

    /// <summary>Whether a path is the prefix or lies below it.</summary>
    public bool Takes(string path) => Bare.Length == 0 || (path.StartsWith(Bare, StringComparison.Ordinal) && (path.Length == Bare.Length || path[Bare.Length] == '/'));
}

/// <summary>What a proxy knows: the routes, the longest prefix first.</summary>
internal sealed record ServeRoutes(IReadOnlyList<ServeRoute> Routes)
{
    public static ServeRoutes From(JsonArray routes) => new([.. routes.OfType<JsonObject>()
        .Select(r => new ServeRoute(r.Text("app"), r.Text("prefix"), (int)r.Number("max_ongoing", 5), (int)r.Number("max_queued", -1),
            [.. (r["replicas"] as JsonArray ?? []).OfType<JsonObject>().Select(p => new ServeReplica(p.Text("id"), p.Text("ip"), (int)p.Number("port")))]))
        .OrderByDescending(r => r.Prefix.Length)]);

    public ServeRoute? Match(string path) => Routes.FirstOrDefault(r => r.Takes(path));

    /// <summary>The routes as <c>/-/routes</c> shows them.</summary>
    public JsonObject ToJson()
    {
        var shown = new JsonObject();
        foreach (var route in Routes) shown[route.Prefix] = route.App;
        return shown;
    }
}
