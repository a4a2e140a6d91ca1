using System.Globalization;
using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Host Ports: no container takes a port of the host.</summary>
internal static class HostPorts
{
    public static readonly Check Check = new("hostPorts", PodSecurityLevel.Baseline, new CheckVariant(0, HostPort, Explain));

    private static Explanation Explain(PodDetails pod)
    {
        var containers = pod.ContainersWith(HostPort);
        var ports = Phrases.SortedSet(containers.SelectMany(c => c.HostPorts).Select(p => p.ToString(CultureInfo.InvariantCulture)));
        return new("hostPort",
            $"{Phrases.Containers(containers)} {Phrases.Plural("uses", "use", containers.Count)} " +
            $"{Phrases.Plural("hostPort", "hostPorts", ports.Count)} {string.Join(", ", ports)}");
    }
}
