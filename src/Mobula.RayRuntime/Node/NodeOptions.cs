using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Node;

/// <summary>How one node runs; `ray start` writes it, the node process reads it.</summary>
internal sealed record NodeOptions
{
    public required bool Head { get; init; }
    public required string NodeId { get; init; }
    public required string Ip { get; init; }
    public required string GcsHost { get; init; }
    public required int GcsPort { get; init; }
    public required string DashboardHost { get; init; }
    public required int DashboardPort { get; init; }
    public required int AgentPort { get; init; }
    public required int MetricsPort { get; init; }
    public required JsonObject Resources { get; init; }
    public required JsonObject Labels { get; init; }
    public required string TempDir { get; init; }
    public required string SessionDir { get; init; }
    public required string StoreDir { get; init; }
    public string Token { get; init; } = "";

    public string SessionName => Path.GetFileName(SessionDir);
    public string LogDir => Path.Combine(SessionDir, "logs");

    public JsonObject ToJson() => new()
    {
        ["head"] = Head,
        ["node_id"] = NodeId,
        ["ip"] = Ip,
        ["gcs_host"] = GcsHost,
        ["gcs_port"] = GcsPort,
        ["dashboard_host"] = DashboardHost,
        ["dashboard_port"] = DashboardPort,
        ["agent_port"] = AgentPort,
        ["metrics_port"] = MetricsPort,
        ["resources"] = Resources.DeepClone(),
        ["labels"] = Labels.DeepClone(),
        ["temp_dir"] = TempDir,
        ["session_dir"] = SessionDir,
        ["store_dir"] = StoreDir,
    };

    public static NodeOptions From(JsonObject o) => new()
    {
        Head = o.Flag("head"),
        NodeId = o.Text("node_id"),
        Ip = o.Text("ip"),
        GcsHost = o.Text("gcs_host"),
        GcsPort = (int)o.Number("gcs_port"),
        DashboardHost = o.Text("dashboard_host"),
        DashboardPort = (int)o.Number("dashboard_port"),
        AgentPort = (int)o.Number("agent_port"),
        MetricsPort = (int)o.Number("metrics_port"),
        Resources = o.Object("resources"),
        Labels = o.Object("labels"),
        TempDir = o.Text("temp_dir"),
        SessionDir = o.Text("session_dir"),
        StoreDir = o.Text("store_dir"),
    };
}
