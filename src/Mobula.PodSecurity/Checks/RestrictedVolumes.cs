using System.Text.Json;
using Mobula.PodSecurity.Evaluation;

namespace Mobula.PodSecurity.Checks;

/// <summary>Restricted, Volume Types: only those that bring nothing of the host in.</summary>
internal static class RestrictedVolumes
{
    public static readonly Check Check = new("restrictedVolumes", PodSecurityLevel.Restricted,
        new CheckVariant(0, PodTraits.RestrictedVolume, Explain) { Overrides = [HostPathVolumes.Id] });

    // A volume of several types is named for the first of this list.
    private static readonly string[] RestrictedTypes =
    [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume", "cinder",
        "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume",
        "scaleIO", "storageos",
    ];

    internal static bool Allows(ref readonly Utf8JsonReader source) =>
        source.ValueTextEquals("configMap"u8) || source.ValueTextEquals("emptyDir"u8) || source.ValueTextEquals("secret"u8) ||
        source.ValueTextEquals("projected"u8) || source.ValueTextEquals("persistentVolumeClaim"u8) ||
        source.ValueTextEquals("downwardAPI"u8) || source.ValueTextEquals("csi"u8) || source.ValueTextEquals("ephemeral"u8) ||
        source.ValueTextEquals("image"u8);

    /// <summary>The rank of a restricted source, or the number of them for a field that is none.</summary>
    internal static int Rank(ref readonly Utf8JsonReader source)
    {
        for (var i = 0; i < RestrictedTypes.Length; i++)
        {
            if (source.ValueTextEquals(RestrictedTypes[i])) return i;
        }
        return RestrictedTypes.Length;
    }

    internal static string TypeOfRank(int rank) => rank < RestrictedTypes.Length ? RestrictedTypes[rank] : "unknown";

    private static Explanation Explain(PodDetails pod)
    {
        List<VolumeDetails> volumes = [.. pod.Volumes.Where(v => v.RestrictedType is not null)];
        var types = Phrases.SortedSet(volumes.Select(v => v.RestrictedType!));
        return new("restricted volume types",
            $"{Phrases.Plural("volume", "volumes", volumes.Count)} {Phrases.Quoted(volumes.Select(v => v.Name))} " +
            $"{Phrases.Plural("uses", "use", volumes.Count)} restricted volume {Phrases.Plural("type", "types", types.Count)} {Phrases.Quoted(types)}");
    }
}
