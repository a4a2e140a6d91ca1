using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>The tables of volumes, claims and what provides them.</summary>
internal static class StorageTables
{
    private const string Unset = "<unset>";

    public static TableFormat Volumes { get; } = TableFormats.Make(
        "Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason Age +VolumeMode",
        (o, now) =>
        [
            o.At("spec", "capacity", "storage")?.ToString() ?? "0", AccessModes(o.Texts("spec", "accessModes")), o.Text("spec", "persistentVolumeReclaimPolicy") ?? "",
            Phase(o), o.Object("spec", "claimRef") is { } claim ? $"{claim.Text("namespace")}/{claim.Text("name")}" : "", o.Text("spec", "storageClassName") ?? "",
            o.Text("spec", "volumeAttributesClassName") ?? Unset, o.Text("status", "reason") ?? "", Ages.Of(o, now), o.Text("spec", "volumeMode") ?? Unset,
        ]);

    public static TableFormat Claims { get; } = TableFormats.Make(
        "Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age +VolumeMode",
        (o, now) =>
        {
            // What a claim has is known when it has a volume; what it wants is not shown.
            var isBound = o.Text("spec", "volumeName") is { Length: > 0 };
            return
            [
                Phase(o), o.Text("spec", "volumeName") ?? "", isBound ? o.At("status", "capacity", "storage")?.ToString() ?? "0" : "",
                isBound ? AccessModes(o.Texts("status", "accessModes")) : "", o.Text("spec", "storageClassName") ?? "",
                o.Text("spec", "volumeAttributesClassName") ?? Unset, Ages.Of(o, now), o.Text("spec", "volumeMode") ?? Unset,
            ];
        });

    public static TableFormat Attachments { get; } = TableFormats.Make("Attacher PV Node Attached:boolean Age", (o, now) =>
        [o.Text("spec", "attacher"), o.Text("spec", "source", "persistentVolumeName") ?? "", o.Text("spec", "nodeName"), o.Flag("status", "attached") ?? false, Ages.Of(o, now)]);

    public static TableFormat Drivers { get; } = TableFormats.Make(
        "AttachRequired:boolean PodInfoOnMount:boolean StorageCapacity:boolean TokenRequests RequiresRepublish:boolean Modes Age",
        (o, now) =>
        [
            o.Flag("spec", "attachRequired") ?? true, o.Flag("spec", "podInfoOnMount") ?? false, o.Flag("spec", "storageCapacity") ?? false,
            o.Objects("spec", "tokenRequests").Any() ? string.Join(',', o.Objects("spec", "tokenRequests").Select(t => t.Text("audience"))) : Unset,
            o.Flag("spec", "requiresRepublish") ?? false, string.Join(',', o.Texts("spec", "volumeLifecycleModes")), Ages.Of(o, now),
        ]);

    public static TableFormat DriverNodes { get; } = TableFormats.Make("Drivers:integer Age", (o, now) => [o.Objects("spec", "drivers").Count(), Ages.Of(o, now)]);

    public static TableFormat Capacities { get; } = TableFormats.Make("StorageClassName Capacity", (o, _) =>
        [o.Text("storageClassName") ?? "", o.At("capacity")?.ToString() ?? Unset]);

    private static string Phase(JsonObject o) => o.IsTerminating ? "Terminating" : o.Text("status", "phase") ?? "";

    private static string AccessModes(IEnumerable<string> modes) => string.Join(',', modes.Distinct().Select(m => m switch
    {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => m,
    }));
}
