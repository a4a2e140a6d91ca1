using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.Node.Streaming;

/// <summary>How an exec or attach ended, as a metav1.Status for the error channel.</summary>
internal sealed record RemoteCommandStatus
{
    private RemoteCommandStatus(int exitCode, string? failure)
    {
        ExitCode = exitCode;
        Failure = failure;
    }

    public int ExitCode { get; }

    /// <summary>Why the command did not run at all, or null.</summary>
    public string? Failure { get; }

    public static RemoteCommandStatus Exited(int exitCode) => new(exitCode, null);

    public static RemoteCommandStatus Failed(string why) => new(-1, why);

    /// <param name="relayed">
    /// Over WebSocket the API server of Kubernetes relays the node's error as an error of its own, so the words stand there twice.
    /// </param>
    public byte[] ToJson(bool relayed)
    {
        var status = new JsonObject { ["metadata"] = new JsonObject(), ["status"] = ExitCode == 0 ? "Success" : "Failure" };
        if (Failure is not null)
        {
            status["message"] = (relayed ? "Internal error occurred: " : "") + $"Internal error occurred: {Failure}";
            status["reason"] = "InternalError";
            status["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = Failure }) };
            status["code"] = 500;
        }
        else if (ExitCode != 0)
        {
            status["message"] = $"command terminated with non-zero exit code: exit status {ExitCode}";
            status["reason"] = "NonZeroExitCode";
            status["details"] = new JsonObject
            {
                ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = ExitCode.ToString(CultureInfo.InvariantCulture) }),
            };
        }

        return Encoding.UTF8.GetBytes(status.ToJsonString());
    }
}
