using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted, Volume Types: only those that bring nothing of the host in.</summary>
internal static class RestrictedVolumes
{
    public static readonly Check Check = new("restrictedVolumes", PodSecurityLevel.Restricted,
        new CheckVariant(0, PodTraits.RestrictedVolume, Explain) { Overrides = [HostPathVolumes.Id] });

    /// <summary>The rank of a hostPath volume.</summary>
    internal const int HostPathRank = 0;

    /// <summary>The rank of a field that is no type of volume, behind those of all types.</summary>
    internal const int UnknownRank = 21;

    internal static bool Allows(ReadOnlySpan<byte> type) => type.Length switch
    {
        3 => type.SequenceEqual("csi"u8),
        5 => type.SequenceEqual("image"u8),
        6 => type.SequenceEqual("secret"u8),
        8 => type.SequenceEqual("emptyDir"u8),
        9 => type.SequenceEqual("configMap"u8) || type.SequenceEqual("projected"u8) || type.SequenceEqual("ephemeral"u8),
        11 => type.SequenceEqual("downwardAPI"u8),
        21 => type.SequenceEqual("persistentVolumeClaim"u8),
        _ => false,
    };

    /// <summary>The rank of a type: a volume of several types is named for that of the lowest.</summary>
    internal static int RankOf(ReadOnlySpan<byte> type)
    {
        for (var rank = 0; rank < UnknownRank; rank++)
        {
            if (type.SequenceEqual(TypeOf(rank))) return rank;
        }
        return UnknownRank;
    }

    /// <summary>The name of the type of a rank.</summary>
    internal static ReadOnlySpan<byte> TypeOf(int rank) => rank switch
    {
        HostPathRank => "hostPath"u8,
        1 => "gcePersistentDisk"u8,
        2 => "awsElasticBlockStore"u8,
        3 => "gitRepo"u8,
        4 => "nfs"u8,
        5 => "iscsi"u8,
        6 => "glusterfs"u8,
        7 => "rbd"u8,
        8 => "flexVolume"u8,
        9 => "cinder"u8,
        10 => "cephfs"u8,
        11 => "flocker"u8,
        12 => "fc"u8,
        13 => "azureFile"u8,
        14 => "vsphereVolume"u8,
        15 => "quobyte"u8,
        16 => "azureDisk"u8,
        17 => "photonPersistentDisk"u8,
        18 => "portworxVolume"u8,
        19 => "scaleIO"u8,
        20 => "storageos"u8,
        _ => "unknown"u8,
    };

    /// <summary>Writes the names of the volumes with a trait; returns how many there are.</summary>
    internal static int AddNames(scoped in PodDetails pod, PodTraits trait, scoped ref ViolationText text)
    {
        var count = 0;
        foreach (ref readonly var mention in pod.Mentions)
        {
            if ((mention.Trait & trait) != 0) count++;
        }
        text.Add(count == 1 ? "volume "u8 : "volumes "u8);
        var isFirst = true;
        foreach (ref readonly var mention in pod.Mentions)
        {
            if ((mention.Trait & trait) == 0) continue;
            text.AddListed(pod[mention.Text], quoted: true, isFirst);
            isFirst = false;
        }
        return count;
    }

    private static void Explain(scoped in PodDetails pod, scoped ref ViolationText text)
    {
        text.Reason("restricted volume types"u8);
        text.Add(AddNames(in pod, PodTraits.RestrictedVolume, ref text) == 1 ? " uses restricted volume "u8 : " use restricted volume "u8);
        var ranks = 0;
        foreach (ref readonly var mention in pod.Mentions)
        {
            if ((mention.Trait & PodTraits.RestrictedVolume) != 0) ranks |= 1 << mention.Rank;
        }
        text.Add((ranks & (ranks - 1)) == 0 ? "type "u8 : "types "u8);
        var isFirst = true;
        foreach (var rank in RanksByName)
        {
            if ((ranks & (1 << rank)) == 0) continue;
            text.AddListed(TypeOf(rank), quoted: true, isFirst);
            isFirst = false;
        }
    }

    private static readonly int[] RanksByName = SortRanks();

    private static int[] SortRanks()
    {
        int[] ranks = [.. Enumerable.Range(0, UnknownRank + 1)];
        Array.Sort(ranks, static (a, b) => TypeOf(a).SequenceCompareTo(TypeOf(b)));
        return ranks;
    }
}
