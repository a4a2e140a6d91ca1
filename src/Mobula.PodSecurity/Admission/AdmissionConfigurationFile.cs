using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;

namespace Mobula.PodSecurity.Admission;

/// <summary>
/// The file of kube-apiserver's flag <c>--admission-control-config-file</c> (<c>AdmissionConfiguration</c> of
/// <c>apiserver.config.k8s.io</c>), as far as it is about Pod Security.
/// </summary>
public static class AdmissionConfigurationFile
{
    /// <summary>Reads the configuration of the plug-in <c>PodSecurity</c>; the defaults if the file has none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="readText">Reads a file; throws <see cref="IOException"/> if it cannot.</param>
    /// <exception cref="PodSecurityConfigurationException">The file is not accepted; the message is kube-apiserver's.</exception>
    public static PodSecurityConfiguration Read(string path, Func<string, string> readText)
    {
        string text;
        try
        {
            text = readText(path);
        }
        catch (IOException)
        {
            throw Unreadable($"unable to read admission control configuration from \"{path}\" [open {path}: no such file or directory]");
        }
        var document = Parse(text, Unreadable);
        List<string> unknown = [.. document.Where(m => m.Key is not ("apiVersion" or "kind" or "plugins")).Select(m => $"unknown field \"{m.Key}\"")];
        if (unknown.Count > 0) throw Unreadable($"strict decoding error: {string.Join(", ", unknown)}");
        if (document.Objects("plugins").FirstOrDefault(p => p.Text("name") == "PodSecurity") is not { } plugin) return PodSecurityConfiguration.Default;
        return ReadPlugin(plugin, path, readText);
    }

    private static PodSecurityConfiguration ReadPlugin(JsonObject plugin, string path, Func<string, string> readText)
    {
        var configuration = plugin.Object("configuration");
        if (configuration is null && plugin.Text("path") is { Length: > 0 } other)
        {
            var file = Path.IsPathRooted(other) ? other : Path.Combine(Path.GetDirectoryName(path) ?? "", other);
            try
            {
                configuration = Parse(readText(file), NotDecoded);
            }
            catch (IOException)
            {
                throw new PodSecurityConfigurationException(
                    $"Couldn't open admission plugin configuration {file}: &fs.PathError{{Op:\"open\", Path:\"{file}\", Err:0x2}}", isDecoding: true);
            }
        }
        if (configuration is null || configuration.Count == 0) return PodSecurityConfiguration.Default;
        try
        {
            return PodSecurityConfiguration.Read(configuration);
        }
        catch (PodSecurityConfigurationException e)
        {
            throw e.IsDecoding ? NotDecoded(e.Message)
                : new($"failed to apply admission: failed to initialize admission plugin \"PodSecurity\": {e.Message}", isDecoding: false);
        }
    }

    private static JsonObject Parse(string text, Func<string, PodSecurityConfigurationException> wrap)
    {
        var source = YamlSource.Read(text);
        if (source.Error is { } error) throw wrap($"yaml: line {error.Position.Line.ToString(System.Globalization.CultureInfo.InvariantCulture)}: {error.Problem}");
        try
        {
            return source.Documents.Count == 0 ? [] : YamlJson.Convert(source.Documents[0]) as JsonObject ?? throw wrap("an object is expected");
        }
        catch (YamlSyntaxException e)
        {
            throw wrap($"yaml: {e.Message}");
        }
    }

    private static PodSecurityConfigurationException Unreadable(string why) => new($"failed to apply admission: failed to read plugin config: {why}", isDecoding: true);

    private static PodSecurityConfigurationException NotDecoded(string why) => new($"failed to apply admission: couldn't init admission plugin \"PodSecurity\": {why}", isDecoding: true);
}
