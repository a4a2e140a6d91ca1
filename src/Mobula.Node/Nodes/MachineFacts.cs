using System.Globalization;
using System.Runtime.InteropServices;

namespace Mobula.Node.Nodes;

/// <summary>What this machine is.</summary>
internal sealed record MachineFacts
{
    public required string MachineId { get; init; }

    public required string SystemUuid { get; init; }

    public required string BootId { get; init; }

    public required string KernelVersion { get; init; }

    public required string OsImage { get; init; }

    /// <summary>In Go's words: <c>amd64</c>, <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    public required NodeCapacity Capacity { get; init; }

    /// <summary>Reads them.</summary>
    /// <param name="dataDirectory">On the disk that pods use.</param>
    public static MachineFacts Read(string dataDirectory)
    {
        var machineId = FirstLine("/etc/machine-id") ?? "";
        return new()
        {
            MachineId = machineId,
            SystemUuid = FirstLine("/sys/class/dmi/id/product_uuid") ?? machineId,
            BootId = FirstLine("/proc/sys/kernel/random/boot_id") ?? "",
            KernelVersion = FirstLine("/proc/sys/kernel/osrelease") ?? "",
            OsImage = OsName() ?? "Linux",
            Architecture = RuntimeInformation.OSArchitecture switch
            {
                System.Runtime.InteropServices.Architecture.X64 => "amd64",
                System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
                var other => other.ToString().ToLowerInvariant(),
            },
            Capacity = new(Environment.ProcessorCount * 1000L, Memory(), new DriveInfo(Path.GetFullPath(dataDirectory)).TotalSize),
        };
    }

    private static long Memory()
    {
        // "MemTotal:       24684096 kB"
        var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static string? OsName() => !File.Exists("/etc/os-release") ? null
        : File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"');

    private static string? FirstLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault()?.Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
