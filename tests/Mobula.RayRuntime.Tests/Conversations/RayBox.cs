using System.Diagnostics;

namespace Mobula.RayRuntime.Tests.Conversations;

/// <summary>
/// Runs this test program once more in a machine of its own: Ray's ports are fixed in the recordings, and <c>ray stop</c> ends all it
/// finds. Network, processes, /tmp/ray and /dev/shm are apart.
/// </summary>
internal static class RayBox
{
    /// <summary>Names the conversation to the program inside.</summary>
    public const string Variable = "MOBULA_RAY_CONVERSATION";

    /// <summary>The file in which the program inside leaves what it saw.</summary>
    public const string Result = "MOBULA_RAY_RESULT";

    public const string Token = "conversation-token-0123456789abcdef";

    /// <summary>Why there is no box here; null when there is one.</summary>
    public static string? Missing => !Environment.IsPrivilegedProcess ? "a network of its own takes root"
        : !File.Exists("/usr/bin/unshare") || !File.Exists("/usr/bin/curl") ? "unshare or curl is not installed"
        : !Has("cloudpickle") ? "python3-cloudpickle is not installed" : null;

    /// <summary>Whether Python finds a module.</summary>
    public static bool Has(string module)
    {
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", $"import {module}"]) { RedirectStandardError = true });
        python!.WaitForExit();
        return python.ExitCode == 0;
    }

    /// <summary>What the replay of a conversation inside told.</summary>
    public static async Task<string> RunAsync(string conversation)
    {
        var result = Path.GetTempFileName();
        const string script = """
            mkdir -p /tmp/ray && mount -t tmpfs tmpfs /tmp/ray && mount -t tmpfs tmpfs /dev/shm && ip link set lo up && exec "$@"
            """;
        var start = new ProcessStartInfo("unshare", ["--net", "--pid", "--fork", "--mount", "--mount-proc", "sh", "-ec", script, "sh", Environment.ProcessPath!, "--filter-method", "*.Inside_the_box", "--progress", "off"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                [Variable] = conversation,
                [Result] = result,
                ["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}",
                ["PYTHONPATH"] = $"{Path.Combine(Repository(), "src/Mobula.RayRuntime/python")}:{Path.Combine(AppContext.BaseDirectory, "testdata/modules")}",
                ["PYTHONDONTWRITEBYTECODE"] = "1",
                ["RAY_PYTHON"] = "/usr/bin/python3",
                ["RAY_AUTH_MODE"] = conversation == "token-authentication" ? "token" : "disabled",
                ["RAY_AUTH_TOKEN"] = conversation == "token-authentication" ? Token : "",
            },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        var told = await File.ReadAllTextAsync(result, CancellationToken.None);
        File.Delete(result);
        return told.Length > 0 ? told : $"0 of 0\n{await output}\n{await error}";
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Mobula.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no repository above the tests");
        return folder;
    }
}
