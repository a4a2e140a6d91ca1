using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;

namespace Mobula.Node.Pods;

/// <summary>A pod from a file.</summary>
/// <param name="Hash">Of the node's name, the file's path and its content: the pod's uid.</param>
/// <param name="Manifest">The pod as written.</param>
internal sealed record StaticPod(string Hash, JsonObject Manifest);

/// <summary>Reads the folder of static pods: each file a Pod, as YAML or JSON.</summary>
/// <param name="folder">Files whose names begin with a dot are left alone.</param>
/// <param name="nodeName">The node.</param>
/// <param name="problem">Told once of each file that is no pod.</param>
internal sealed class StaticPodFolder(string folder, string nodeName, Action<string> problem)
{
    private readonly HashSet<string> _told = [];

    public IReadOnlyList<StaticPod> Read()
    {
        var pods = new List<StaticPod>();
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => Path.GetFileName(f)[0] != '.').Order(StringComparer.Ordinal))
        {
            byte[] content;
            try
            {
                content = File.ReadAllBytes(file);
            }
            catch (IOException)
            {
                // It went between the listing and now.
                continue;
            }
            var hash = Hash(nodeName, file, content);
            try
            {
                pods.Add(new(hash, Parse(content)));
            }
            catch (FormatException e)
            {
                if (_told.Add(hash)) problem($"{file}: {e.Message}");
            }
        }
        return pods;
    }

    /// <summary>Reads one pod.</summary>
    /// <exception cref="FormatException">It is none; the message says where and why.</exception>
    internal static JsonObject Parse(byte[] content)
    {
        var source = YamlSource.Read(Encoding.UTF8.GetString(content));
        if (source.Error is { } error) throw error;
        if (source.Documents.Count != 1) throw new FormatException($"one pod is wanted, there are {source.Documents.Count} documents");
        if (YamlJson.Convert(source.Documents[0]) is not JsonObject pod || pod.ApiVersion != "v1" || pod.Kind != "Pod") throw new FormatException("this is no Pod of v1");
        if (string.IsNullOrEmpty(pod.Name)) throw new FormatException("metadata.name is missing");
        return pod;
    }

    private static string Hash(string nodeName, string file, byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{nodeName}\0{file}\0"));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
