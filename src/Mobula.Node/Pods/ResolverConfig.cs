using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>What stands in a pod's <c>/etc/resolv.conf</c>. Pure.</summary>
internal static class ResolverConfig
{
    private static readonly char[] Blanks = [' ', '\t'];

    /// <param name="pod">With <c>dnsPolicy</c> and <c>dnsConfig</c>.</param>
    /// <param name="hostFile">The node's resolv.conf.</param>
    /// <param name="dnsIp">The cluster's DNS service, or null.</param>
    /// <param name="clusterDomain">For example <c>cluster.local</c>.</param>
    public static DNSConfig Of(JsonObject pod, string hostFile, string? dnsIp, string clusterDomain)
    {
        var host = Parse(hostFile);
        var policy = pod.Text("spec", "dnsPolicy") ?? "ClusterFirst";
        if (policy == "ClusterFirst" && pod.Flag("spec", "hostNetwork") == true) policy = "Default";
        var result = policy switch
        {
            "None" => new DNSConfig(),
            "Default" => host,
            _ when dnsIp is null => host,
            _ => new DNSConfig
            {
                Servers = { dnsIp },
                Searches = { $"{pod.Namespace}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain, host.Searches },
                Options = { "ndots:5" },
            },
        };
        if (pod.Object("spec", "dnsConfig") is not { } added) return result;
        AddNew(result.Servers, added.Texts("nameservers"));
        AddNew(result.Searches, added.Texts("searches"));
        foreach (var option in added.Objects("options"))
        {
            var name = option.Text("name") ?? "";
            foreach (var same in result.Options.Where(o => o == name || o.StartsWith($"{name}:", StringComparison.Ordinal)).ToList()) result.Options.Remove(same);
            result.Options.Add(option.Text("value") is { } value ? $"{name}:{value}" : name);
        }
        return result;
    }

    private static void AddNew(Google.Protobuf.Collections.RepeatedField<string> list, IEnumerable<string> added)
    {
        foreach (var text in added) if (!list.Contains(text)) list.Add(text);
    }

    private static DNSConfig Parse(string file)
    {
        var result = new DNSConfig();
        foreach (var line in file.Split('\n'))
        {
            var words = line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0][0] is '#' or ';') continue;
            if (words[0] == "nameserver") result.Servers.Add(words[1]);
            if (words[0] == "options") result.Options.Add(words[1..]);
            if (words[0] is "search" or "domain")
            {
                result.Searches.Clear();
                result.Searches.Add(words[1..].Where(w => w != "."));
            }
        }
        return result;
    }
}
