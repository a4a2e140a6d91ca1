using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline since v1.34, Host Probes / Lifecycle Hooks: probes and hooks name no host, so that they reach only the pod.</summary>
internal static class HostProbesAndHostLifecycle
{
    public static readonly Check Check = new("hostProbesAndHostLifecycle", PodSecurityLevel.Baseline,
        new CheckVariant(34, ProbeOrLifecycleHost, Explain));

    private static Explanation Explain(PodDetails pod)
    {
        var containers = pod.ContainersWith(ProbeOrLifecycleHost);
        var names = Phrases.SortedSet(containers.Select(c => c.Name));
        var hosts = Phrases.SortedSet(containers.SelectMany(c => c.ProbeOrLifecycleHosts));
        return new("probe or lifecycle host",
            $"{Phrases.Plural("container", "containers", names.Count)} {Phrases.Quoted(names)} {Phrases.Plural("uses", "use", names.Count)} " +
            $"probe or lifecycle {Phrases.Plural("host", "hosts", hosts.Count)} {Phrases.Quoted(hosts)}");
    }
}
