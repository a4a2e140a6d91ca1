using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Commands;

/// <summary>`ray status` and `ray health-check`.</summary>
internal static class StatusCommand
{
    public static async Task<int> StatusAsync(string[] args)
    {
        var a = Arguments.Parse(args, ["--address", "--redis_password"], ["-v", "--verbose"]);
        var gcs = ClusterAddress.Require(a.Value("--address"));
        var answer = await ClusterAddress.AskAsync(gcs, new() { ["m"] = "info" }, TimeSpan.FromSeconds(5))
            ?? throw new ConnectionException($"Ray cluster at {gcs.Host}:{gcs.Port} cannot be reached.");
        Console.WriteLine(answer.Text("status"));
        return 0;
    }

    public static async Task<int> HealthAsync(string[] args)
    {
        var a = Arguments.Parse(args, ["--address", "--component", "--redis_password"], ["--skip-version-check"]);
        if (ClusterAddress.Gcs(a.Value("--address")) is not { } gcs) return 1;
        return await ClusterAddress.AskAsync(gcs, new() { ["m"] = "info" }, TimeSpan.FromSeconds(10)) is null ? 1 : 0;
    }
}
