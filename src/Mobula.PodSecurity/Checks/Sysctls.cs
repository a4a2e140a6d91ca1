using Mobula.PodSecurity.Evaluation;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Checks;

/// <summary>Baseline, Sysctls: only those that are namespaced and safe; the list grew over the versions.</summary>
internal static class Sysctls
{
    public static readonly Check Check = new("sysctls", PodSecurityLevel.Baseline,
        Variant(0, SysctlSince27 | SysctlSince29 | SysctlSince32 | SysctlSince37 | SysctlOther),
        Variant(27, SysctlSince29 | SysctlSince32 | SysctlSince37 | SysctlOther),
        Variant(29, SysctlSince32 | SysctlSince37 | SysctlOther),
        Variant(32, SysctlSince37 | SysctlOther),
        Variant(37, SysctlOther));

    internal static PodTraits Classify(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("kernel.shm_rmid_forced"u8) || name.SequenceEqual("net.ipv4.ip_local_port_range"u8) ||
            name.SequenceEqual("net.ipv4.tcp_syncookies"u8) || name.SequenceEqual("net.ipv4.ping_group_range"u8) ||
            name.SequenceEqual("net.ipv4.ip_unprivileged_port_start"u8)) return None;
        if (name.SequenceEqual("net.ipv4.ip_local_reserved_ports"u8)) return SysctlSince27;
        if (name.SequenceEqual("net.ipv4.tcp_keepalive_time"u8) || name.SequenceEqual("net.ipv4.tcp_fin_timeout"u8) ||
            name.SequenceEqual("net.ipv4.tcp_keepalive_intvl"u8) || name.SequenceEqual("net.ipv4.tcp_keepalive_probes"u8)) return SysctlSince29;
        if (name.SequenceEqual("net.ipv4.tcp_rmem"u8) || name.SequenceEqual("net.ipv4.tcp_wmem"u8)) return SysctlSince32;
        if (name.SequenceEqual("net.ipv4.tcp_slow_start_after_idle"u8) || name.SequenceEqual("net.ipv4.tcp_notsent_lowat"u8)) return SysctlSince37;
        return SysctlOther;
    }

    private static CheckVariant Variant(int since, PodTraits forbidden) => new(since, forbidden, (scoped in pod, scoped ref text) =>
    {
        text.Reason("forbidden sysctls"u8);
        var isFirst = true;
        foreach (ref readonly var mention in pod.Mentions)
        {
            if ((mention.Trait & forbidden) == 0) continue;
            text.AddListed(pod[mention.Text], quoted: false, isFirst);
            isFirst = false;
        }
    });
}
