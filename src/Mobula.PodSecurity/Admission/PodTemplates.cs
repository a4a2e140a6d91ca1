using System.Text;
using System.Text.Json;
using static Mobula.PodSecurity.Evaluation.JsonReading;

namespace Mobula.PodSecurity.Admission;

/// <summary>Where the built-in workload resources keep the template of their pods.</summary>
internal static class PodTemplates
{
    private static readonly byte[][] OfSpec = ["spec"u8.ToArray(), "template"u8.ToArray()];
    private static readonly byte[][] OfJobTemplate = ["spec"u8.ToArray(), "jobTemplate"u8.ToArray(), "spec"u8.ToArray(), "template"u8.ToArray()];
    private static readonly byte[][] OfObject = ["template"u8.ToArray()];

    /// <summary>Whether the resource is a built-in one with a pod template.</summary>
    public static bool IsWorkload(string group, string resource) => PathOf(group, resource) is not null;

    /// <summary>The pod template within a workload's JSON; empty if it has none.</summary>
    /// <exception cref="JsonException">The text is no JSON object, or the path leads through something else.</exception>
    public static ReadOnlySpan<byte> Locate(ReadOnlySpan<byte> workload, string group, string resource)
    {
        var path = PathOf(group, resource) ?? throw new ArgumentException($"{resource}.{group} has no pod template", nameof(resource));
        var reader = new Utf8JsonReader(workload, Options);
        ReadValue(ref reader);
        foreach (var name in path)
        {
            if (!IsObject(in reader, Encoding.UTF8.GetString(name))) return default;
            if (!MoveTo(ref reader, name)) return default;
        }
        if (!IsObject(in reader, "template")) return default;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return workload[start..(int)reader.BytesConsumed];
    }

    private static bool MoveTo(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals(name))
            {
                ReadValue(ref reader);
                return true;
            }
            reader.Skip();
        }
        return false;
    }

    private static byte[][]? PathOf(string group, string resource) => (group, resource) switch
    {
        ("", "podtemplates") => OfObject,
        ("", "replicationcontrollers") or ("apps", "replicasets" or "deployments" or "statefulsets" or "daemonsets") or ("batch", "jobs") => OfSpec,
        ("batch", "cronjobs") => OfJobTemplate,
        _ => null,
    };
}
