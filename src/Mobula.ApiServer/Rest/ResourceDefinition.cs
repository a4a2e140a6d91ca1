using System.Text;
using Mobula.ApiServer.Kinds;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Rest;

/// <summary>A served resource: one version of a built-in or custom resource, with how it is stored.</summary>
internal sealed class ResourceDefinition
{
    public required ResourceInfo Info { get; init; }

    /// <summary>The kind of lists.</summary>
    public required string ListKind { get; init; }

    /// <summary>Where the objects are kept; several versions share it.</summary>
    public required string Collection { get; init; }

    /// <summary>The type of the stored objects.</summary>
    public required GroupVersionKind StoredKind { get; init; }

    public required TypeSchema Schema { get; init; }

    public required ResourceStrategy Strategy { get; init; }

    /// <summary>What is particular to a custom resource; null for built-in ones.</summary>
    public CustomResources.CustomResourceVersion? Custom { get; init; }

    /// <summary>The columns of tables.</summary>
    public required Tables.TableFormat Table { get; init; }

    /// <summary>The fields that field selectors may name besides name and namespace, over objects in the stored version.</summary>
    public IReadOnlyDictionary<string, Func<System.Text.Json.Nodes.JsonObject, string>> SelectableFields { get => field ?? Strategy.SelectableFields; init; }

    public GroupVersionResource Resource => Info.Resource;

    public GroupVersionKind Kind => Info.Kind;

    public bool IsCustom => Custom is not null;

    /// <summary>Whether objects are stored as they are served.</summary>
    public bool IsStoredVersion => StoredKind == Kind;

    /// <summary>Whether objects that are stored may lack defaults that their schema got later.</summary>
    public bool DefaultsOnRead => IsCustom && CustomResourceForm.HasDefaults(Schema);

    /// <summary>Stored bytes and the same with defaults, where they were served already.</summary>
    public System.Runtime.CompilerServices.ConditionalWeakTable<byte[], byte[]> Defaulted { get; } = [];

    /// <summary>How the bytes of each stored object begin.</summary>
    public byte[] StoredHead => field ??= Head(StoredKind);

    /// <summary>How a served object begins.</summary>
    public byte[] ServedHead => field ??= Head(Kind);

    private static byte[] Head(GroupVersionKind kind) => Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind.Kind}\",\"apiVersion\":\"{kind.ApiVersion}\",");
}
