using System.Text.Json.Nodes;
using Mobula.Node.Images;

namespace Mobula.Node.Tests.Images;

/// <summary>Small images made from what this machine has, for tests that run containers.</summary>
internal static class TestImages
{
    public const string Busybox = "localhost/busybox:1";

    public static string? SkipReason { get; } = File.Exists("/bin/busybox") ? null : "busybox-static is not installed";

    /// <summary>Writes an archive with busybox under the reference given; it serves as a pod's pause process too.</summary>
    public static string WriteBusybox(string folder, string reference, params string[] command)
    {
        string[] applets = ["sh", "cat", "echo", "sleep", "ls", "tar", "id", "env", "true", "false", "stty", "wc", "nc", "head", "tail", "seq", "grep", "mkdir", "nslookup", "date", "kill", "test", "md5sum", "dd", "hostname"];
        var layer = LayerFile.Write(Path.Combine(folder, "busybox.tar.gz"),
        [
            LayerEntry.File("bin/busybox", "/bin/busybox"),
            .. applets.Select(a => LayerEntry.Link($"bin/{a}", "busybox")),
            LayerEntry.Folder("tmp", (UnixFileMode)0b001_111_111_111),
            LayerEntry.Folder("root"),
            LayerEntry.Text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n"),
            LayerEntry.Text("etc/group", "root:x:0:\nuser:x:1000:\n"),
        ]);
        var archive = Path.Combine(folder, "busybox.tar");
        var config = new JsonObject { ["Cmd"] = new JsonArray([.. command.Select(c => (JsonNode)c)]), ["Env"] = new JsonArray("PATH=/bin") };
        ImageArchiveWriter.Write(archive, reference, config, [layer]);
        return archive;
    }
}
