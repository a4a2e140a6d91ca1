using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Mobula.ApiServer.Discovery;

/// <summary>What <c>/version</c> tells.</summary>
internal static class VersionInfo
{
    /// <param name="version">For example <c>v1.37.2</c>.</param>
    /// <exception cref="FormatException">The text is no such version.</exception>
    public static JsonObject Make(string version)
    {
        var parts = version.TrimStart('v').Split('.');
        if (parts.Length < 3 || !int.TryParse(parts[0], out var major) || !int.TryParse(parts[1], out var minor))
        {
            throw new FormatException($"'{version}' is no Kubernetes version: write it like v1.37.2");
        }
        var o = new JsonObject
        {
            ["major"] = parts[0],
            ["minor"] = parts[1],
        };
        // Emulation and compatibility versions came with 1.31 and 1.33.
        if (minor >= 31)
        {
            o["emulationMajor"] = parts[0];
            o["emulationMinor"] = parts[1];
            o["minCompatibilityMajor"] = parts[0];
            o["minCompatibilityMinor"] = (minor - 1).ToString(CultureInfo.InvariantCulture);
        }
        o["gitVersion"] = $"v{version.TrimStart('v')}";
        o["gitCommit"] = "";
        o["gitTreeState"] = "clean";
        o["buildDate"] = "1970-01-01T00:00:00Z";
        o["goVersion"] = "none";
        o["compiler"] = "dotnet";
        o["platform"] = $"linux/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}";
        _ = major;
        return o;
    }
}
