using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Node.Pods;

/// <summary>The text of a pod's <c>/etc/hosts</c>. Pure.</summary>
internal static class HostsFile
{
    public static string Of(JsonObject pod, IReadOnlyList<string> ips, string clusterDomain, string? hostFile)
    {
        var text = new StringBuilder();
        if (hostFile is not null)
        {
            text.Append("# Kubernetes-managed hosts file (host network).\n").Append(hostFile);
        }
        else
        {
            text.Append("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
                .Append("fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
            var name = HostName(pod);
            var full = FullName(pod, clusterDomain);
            foreach (var ip in ips) text.Append(full is null ? $"{ip}\t{name}\n" : $"{ip}\t{full}\t{name}\n");
        }
        var aliases = pod.Objects("spec", "hostAliases").ToList();
        if (aliases.Count > 0) text.Append("\n# Entries added by HostAliases.\n");
        foreach (var alias in aliases) text.Append($"{alias.Text("ip")}\t{string.Join('\t', alias.Texts("hostnames"))}\n");
        return text.ToString();
    }

    /// <summary>The pod's host name: <c>spec.hostname</c>, else its name, cut to 63 characters.</summary>
    public static string HostName(JsonObject pod)
    {
        var name = pod.Text("spec", "hostnameOverride") is { Length: > 0 } forced ? forced
            : pod.Text("spec", "hostname") is { Length: > 0 } given ? given : pod.Name;
        return name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
    }

    /// <summary>The pod's name in the cluster's DNS; null without a subdomain.</summary>
    public static string? FullName(JsonObject pod, string clusterDomain) =>
        pod.Text("spec", "subdomain") is { Length: > 0 } subdomain && pod.Text("spec", "hostnameOverride") is null
            ? $"{HostName(pod)}.{subdomain}.{pod.Namespace}.svc.{clusterDomain}" : null;
}
