using System.Text.Json.Nodes;
using Mobula.RayRuntime.Node;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Commands;

/// <summary>The command `ray`.</summary>
internal static class RayCommand
{
    private const string Help = """
        Usage: ray [OPTIONS] COMMAND [ARGS]...

        Options:
          --version  Show the version and exit.
          --help     Show this message and exit.

        Commands:
          start         Start Ray processes manually on the local machine.
          stop          Stop Ray processes manually on the local machine.
          status        Print cluster status, including autoscaling info.
          health-check  Check if the head answers.
          job           Submit, stop, delete, or list Ray jobs.
          get-auth-token  Print the token of token authentication, or make one (--generate).
          list          List nodes, actors, tasks, jobs, ...
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var command = args.FirstOrDefault() ?? "--help";
        var rest = args.Skip(1).ToArray();
        try
        {
            switch (command)
            {
                case "--version":
                    Console.WriteLine($"ray, version {Versions.Ray}");
                    return 0;
                case "--help" or "-h":
                    Console.WriteLine(Help);
                    return 0;
                case "start": return await StartCommand.RunAsync(rest);
                case "stop": return await StopCommand.RunAsync(rest);
                case "status": return await StatusCommand.StatusAsync(rest);
                case "health-check": return await StatusCommand.HealthAsync(rest);
                case "list": return await ListCommand.RunAsync(rest);
                case "job": return await JobCommand.RunAsync(rest);
                case "get-auth-token": return TokenCommand.Run(rest);
                case "raylet": return await NodeProcess.RunAsync(NodeOptions.From(JsonNode.Parse(await File.ReadAllTextAsync(rest[0]))!.AsObject()));
                default: throw new UsageException($"No such command '{command}'.");
            }
        }
        catch (UsageException e)
        {
            var name = command is "job" && rest.Length > 0 && !rest[0].StartsWith('-') ? $"ray job {rest[0]}" : command.StartsWith('-') || e.Message.StartsWith("No such command", StringComparison.Ordinal) ? "ray" : $"ray {command}";
            var arguments = name switch { "ray job submit" => " ENTRYPOINT...", "ray job status" or "ray job stop" or "ray job logs" or "ray job delete" => " JOB_ID", "ray" => " COMMAND [ARGS]...", _ => "" };
            Console.Error.WriteLine($"Usage: {name} [OPTIONS]{arguments}\nTry '{name} --help' for help.\n\nError: {e.Message}");
            return 2;
        }
        catch (AuthenticationException e)
        {
            Console.Error.WriteLine($"Traceback (most recent call last):\n  (in the command ray)\nray.exceptions.AuthenticationError: {e.Message}");
            return 1;
        }
        catch (ConnectionException e)
        {
            Console.Error.WriteLine($"Traceback (most recent call last):\n  (in the command ray)\n    raise ConnectionError(\nConnectionError: {e.Message}");
            return 1;
        }
    }
}

/// <summary>The cluster asks for a token, and this process has none or a wrong one.</summary>
internal sealed class AuthenticationException() : Exception(AuthenticationToken.Refusal);

/// <summary>Nothing answers where a cluster was expected.</summary>
internal sealed class ConnectionException(string message) : Exception(message);
