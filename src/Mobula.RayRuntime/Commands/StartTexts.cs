using Mobula.RayRuntime.Node;

namespace Mobula.RayRuntime.Commands;

/// <summary>What `ray start` tells its user.</summary>
internal static class StartTexts
{
    public static void Started(CommandLog log, NodeOptions options, bool ipGiven)
    {
        log.Info();
        log.Banner("Ray runtime started.");
        log.Info();
        if (options.Head)
        {
            var shown = options.DashboardHost is "0.0.0.0" ? options.Ip : options.DashboardHost;
            log.Info("Next steps");
            log.Other("cli_output_helpers.py:1", "INFO", "  Note: The following commands are intended for use on");
            log.Other("cli_output_helpers.py:1", "INFO", "  the head node or within the cluster network.");
            log.Info();
            log.Info("  To add another node to this Ray cluster, run");
            log.Info($"    ray start --address='{options.Ip}:{options.GcsPort}'");
            log.Info();
            log.Info("  To connect to this Ray cluster:");
            log.Info("    import ray");
            log.Info(ipGiven ? $"    ray.init(_node_ip_address='{options.Ip}')" : "    ray.init()");
            log.Info();
            log.Info("  To submit a Ray job using the Ray Jobs CLI:");
            log.Info($"    RAY_API_SERVER_ADDRESS='http://{shown}:{options.DashboardPort}' ray job submit --working-dir . -- python my_script.py");
            log.Info();
            log.Info("  See https://docs.ray.io/en/latest/cluster/running-applications/job-submission/index.html");
            log.Info("  for more information on submitting Ray jobs to the Ray cluster.");
            log.Info();
        }
        log.Info("  To terminate the Ray runtime, run");
        log.Info("    ray stop");
        if (!options.Head) return;
        log.Info();
        log.Info("  To view the status of the cluster, use");
        log.Info("    ray status");
        log.Info();
        log.Info("  To monitor and debug Ray, view the dashboard at");
        log.Info($"    {(options.DashboardHost is "0.0.0.0" ? options.Ip : options.DashboardHost)}:{options.DashboardPort}");
        log.Info();
        log.Info("  If connection to the dashboard fails, check your firewall settings and network configuration.");
    }

    public static void Blocking(CommandLog log, NodeOptions options)
    {
        log.Info();
        log.Info("--block");
        log.Info("  This command will now block forever until terminated by a signal.");
        log.Info("  Running subprocesses are monitored and a message will be printed if any of them terminate unexpectedly. Subprocesses exit with SIGTERM will be treated as graceful, thus NOT reported.");
        log.Info($"  Process exit logs will be saved to: {options.SessionDir}/logs/ray_process_exit.log");
    }
}
