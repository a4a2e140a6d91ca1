using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.RayRuntime.Node;

/// <summary>
/// Reads what a worker prints, keeps it in the session's log files and sends its lines to the driver. The worker says who prints by
/// lines that begin with the byte 1 and hold the name of the task or actor.
/// </summary>
internal sealed class WorkerOutput(string job, int pid, string ip, string node, Action<JsonObject> send)
{
    private const byte Mark = 1;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    public async Task ReadAsync(Stream stream, string logFile, bool isError)
    {
        await using var log = new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        var buffer = new byte[32 << 10];
        var rest = new List<byte>();
        var name = "";
        Task<int>? reading = null;
        while (true)
        {
            reading ??= stream.ReadAsync(buffer).AsTask();
            if (rest.Count > 0 && await Task.WhenAny(reading, Task.Delay(Pause)) != reading)
            {
                // A line without end that stays so is shown as a line.
                Forward(name, [Encoding.UTF8.GetString([.. rest])], isError);
                rest.Clear();
                continue;
            }
            var count = await reading;
            reading = null;
            var lines = new List<string>();
            for (var i = 0; i < count; i++)
            {
                var b = buffer[i];
                if (b == Mark && rest.Count > 0 && rest[0] != Mark) Take(rest, lines, ref name, isError, log);
                if (b == '\n') Take(rest, lines, ref name, isError, log, complete: true);
                else rest.Add(b);
            }
            if (count == 0 && rest.Count > 0) Take(rest, lines, ref name, isError, log);
            if (lines.Count > 0) Forward(name, lines, isError);
            await log.FlushAsync();
            if (count == 0) return;
        }
    }

    private void Take(List<byte> rest, List<string> lines, ref string name, bool isError, FileStream log, bool complete = false)
    {
        if (rest.Count > 0 && rest[0] == Mark)
        {
            if (lines.Count > 0) Forward(name, [.. lines], isError);
            lines.Clear();
            name = Encoding.UTF8.GetString([.. rest[1..]]);
        }
        else
        {
            lines.Add(Encoding.UTF8.GetString([.. rest]));
            log.Write([.. rest]);
            if (complete) log.WriteByte((byte)'\n');
        }
        rest.Clear();
    }

    private void Forward(string name, IReadOnlyList<string> lines, bool isError) => send(new()
    {
        ["t"] = "log",
        ["job"] = job,
        ["pid"] = pid,
        ["ip"] = ip,
        ["node"] = node,
        ["name"] = name,
        ["err"] = isError,
        ["lines"] = Wire.JsonFields.ArrayOf(lines),
    });
}
