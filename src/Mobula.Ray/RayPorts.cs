namespace Mobula.Ray;

/// <summary>The ports that Ray uses when nothing else is said, and the names KubeRay gives them.</summary>
public static class RayPorts
{
    /// <summary>The global control service.</summary>
    public const int Gcs = 6379;

    /// <summary>The dashboard and its API.</summary>
    public const int Dashboard = 8265;

    /// <summary>Ray client.</summary>
    public const int Client = 10001;

    /// <summary>Metrics in Prometheus' format.</summary>
    public const int Metrics = 8080;

    /// <summary>Ray Serve.</summary>
    public const int Serve = 8000;

    /// <summary>The dashboard's agent on each node.</summary>
    public const int DashboardAgent = 52365;

    /// <summary>The name of <see cref="Client"/>.</summary>
    public const string ClientName = "client";

    /// <summary>The name of <see cref="Gcs"/>.</summary>
    public const string GcsName = "gcs-server";

    /// <summary>The name of <see cref="Dashboard"/>.</summary>
    public const string DashboardName = "dashboard";

    /// <summary>The name of <see cref="Metrics"/>.</summary>
    public const string MetricsName = "metrics";

    /// <summary>The name of <see cref="Serve"/>.</summary>
    public const string ServeName = "serve";
}
