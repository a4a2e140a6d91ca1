using System.Diagnostics;

namespace Mobula.Cli.Tests.EndToEnd;

/// <summary>Runs the program and kubectl as people do, with a data directory and a kubeconfig of their own.</summary>
public sealed class MobulaProgram : IDisposable
{
    private readonly string _program = Environment.GetEnvironmentVariable("MOBULA_PROGRAM") is { Length: > 0 } native ? native : Path.Combine(AppContext.BaseDirectory, "mobula");

    /// <summary>A folder that is removed in the end.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("mobula-cli-tests-").FullName;

    public string DataDirectory => Path.Combine(Folder, "data");

    public string Kubeconfig => Path.Combine(Folder, "kubeconfig");

    /// <summary>Runs <c>mobula</c>.</summary>
    public Task<CommandOutcome> MobulaAsync(params IEnumerable<string> arguments) => RunAsync(_program, arguments);

    /// <summary>Runs <c>kubectl</c> against the current context.</summary>
    public Task<CommandOutcome> KubectlAsync(params IEnumerable<string> arguments) => RunAsync("kubectl", arguments);

    /// <summary>Runs a program; more than ten minutes is a failure.</summary>
    public async Task<CommandOutcome> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["KUBECONFIG"] = Kubeconfig, ["MOBULA_DATA_DIR"] = DataDirectory, ["NO_COLOR"] = "1" },
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        await process.WaitForExitAsync(patience.Token);
        return new(process.ExitCode, await output, await error);
    }

    /// <summary>The process that is a cluster.</summary>
    public Process Server(string cluster) => Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(DataDirectory, "clusters", cluster, "server.pid"))));

    public void Dispose()
    {
        MobulaAsync("delete", "clusters", "--all").GetAwaiter().GetResult();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>What a command did.</summary>
public sealed record CommandOutcome(int ExitCode, string Output, string Error)
{
    /// <summary>Both streams, to show when something is not as it should be.</summary>
    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";
}
