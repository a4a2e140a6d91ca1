using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Decoding;

namespace Mobula.ApiServer.Rest;

/// <summary>Turns stored objects into the version asked for. Bytes are not parsed where only the head differs.</summary>
internal static class ServedForm
{
    /// <summary>The whole object, as GET answers it.</summary>
    public static ReadOnlyMemory<byte> Object(ResourceDefinition definition, byte[] stored)
    {
        if (definition.DefaultsOnRead) return definition.Defaulted.GetValue(stored, bytes => WithDefaults(definition, bytes));
        if (definition.IsStoredVersion) return stored;
        if (VersionConversion.Find(definition) is { } conversion)
        {
            return StoredForm.Write(conversion.ToServed(KubernetesJson.ParseObject(stored)), definition.Kind, ResourceVersionOf(stored));
        }
        return Splice(definition.ServedHead, stored.AsSpan(definition.StoredHead.Length));
    }

    private static byte[] WithDefaults(ResourceDefinition definition, byte[] stored)
    {
        var plain = definition.IsStoredVersion ? stored : Splice(definition.ServedHead, stored.AsSpan(definition.StoredHead.Length));
        var o = KubernetesJson.ParseObject(plain);
        var before = o.Clone();
        CustomResourceForm.ApplyDefaults(definition.Schema, o);
        return JsonNode.DeepEquals(before, o) ? plain : StoredForm.Write(o, definition.Kind, o.ResourceVersion);
    }

    /// <summary>An object as it is stored, as a tree; with the defaults that its schema got later.</summary>
    public static JsonObject StoredTree(ResourceDefinition definition, byte[] stored)
    {
        var o = KubernetesJson.ParseObject(stored);
        if (definition.IsStoredVersion && definition.DefaultsOnRead) CustomResourceForm.ApplyDefaults(definition.Schema, o);
        return o;
    }

    /// <summary>An item of a list: those of built-in kinds carry no kind and apiVersion.</summary>
    public static ReadOnlyMemory<byte> Item(ResourceDefinition definition, byte[] stored)
    {
        var whole = Object(definition, stored);
        return definition.IsCustom ? whole : Splice("{"u8, whole.Span[definition.ServedHead.Length..]);
    }

    /// <summary>The object as a tree in the version asked for.</summary>
    public static JsonObject Tree(ResourceDefinition definition, byte[] stored)
    {
        var o = StoredTree(definition, stored);
        if (definition.IsStoredVersion) return o;
        if (VersionConversion.Find(definition) is { } conversion) return conversion.ToServed(o);
        if (definition.DefaultsOnRead) CustomResourceForm.ApplyDefaults(definition.Schema, o);
        o["kind"] = definition.Kind.Kind;
        o["apiVersion"] = definition.Kind.ApiVersion;
        return o;
    }

    /// <summary>An object in the version of a request, as a tree in the stored version.</summary>
    public static JsonObject ToStored(ResourceDefinition definition, JsonObject o)
    {
        if (definition.IsStoredVersion) return o;
        if (VersionConversion.Find(definition) is { } conversion) return conversion.ToStored(o);
        o["kind"] = definition.StoredKind.Kind;
        o["apiVersion"] = definition.StoredKind.ApiVersion;
        return o;
    }

    /// <summary>Fills in what the kind's strategy knows by default; the strategy knows the stored version.</summary>
    public static JsonObject Default(ResourceDefinition definition, JsonObject o)
    {
        if (VersionConversion.Find(definition) is { } conversion && !definition.IsStoredVersion)
        {
            o = conversion.ToStored(o);
            definition.Strategy.Default(o);
            return conversion.ToServed(o);
        }
        definition.Strategy.Default(o);
        return o;
    }

    private static string ResourceVersionOf(byte[] stored) => KubernetesJson.ParseObject(stored).ResourceVersion;

    private static byte[] Splice(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        var bytes = new byte[head.Length + rest.Length];
        head.CopyTo(bytes);
        rest.CopyTo(bytes.AsSpan(head.Length));
        return bytes;
    }
}
