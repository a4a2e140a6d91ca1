using System.Text.Json.Nodes;
using Mobula.ApiServer.Authentication;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Kinds;

/// <summary>What a strategy may ask while it works on a write.</summary>
/// <param name="User">Who writes.</param>
/// <param name="Now">The time of the request.</param>
/// <param name="Store">The objects as they are.</param>
/// <param name="IsDryRun">Whether nothing will be stored.</param>
internal sealed record WriteContext(UserInfo User, DateTimeOffset Now, ObjectStore Store, bool IsDryRun)
{
    /// <summary>Warnings for the client.</summary>
    public List<string> Warnings { get; } = [];
}

/// <summary>
/// What is special about the objects of a kind. A kind without peculiarities needs none: the base class is right for it.
/// The generic parts (names, metadata, generation, finalizers, decoding, schema defaults) are not repeated here.
/// Objects come in the stored version. The order on a create: <see cref="Default"/> (before managedFields are made),
/// admission, <see cref="PrepareForCreate"/>, <see cref="Validate"/>; on an update likewise with the Update members.
/// </summary>
internal abstract class ResourceStrategy
{
    /// <summary>A kind without peculiarities.</summary>
    public static ResourceStrategy Plain { get; } = new PlainStrategy();

    /// <summary>Adds the defaults that the schema does not know. Also runs over each update and patch.</summary>
    public virtual void Default(JsonObject o)
    {
    }

    /// <summary>Sets what a new object begins with, and drops what a client may not set (usually the status).</summary>
    public virtual void PrepareForCreate(JsonObject o, WriteContext context)
    {
    }

    /// <summary>Restores what an update may not touch (usually the status).</summary>
    public virtual void PrepareForUpdate(JsonObject o, JsonObject old, WriteContext context) => KeepStatus(o, old);

    /// <summary>Restores what an update of a subresource may not touch; for <c>status</c>, all but the status.</summary>
    /// <param name="subresource"><c>status</c>, <c>ephemeralcontainers</c>, <c>resize</c> …</param>
    /// <param name="o">The object as the client sent it.</param>
    /// <param name="old">The object as it is.</param>
    /// <param name="context">The write.</param>
    public virtual void PrepareForSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context)
    {
        if (subresource == "status") KeepAllButStatus(o, old);
    }

    /// <summary>What is wrong with a new object, in Kubernetes' words and order. Names and metadata are checked already.</summary>
    public virtual IEnumerable<FieldError> Validate(JsonObject o, WriteContext context) => [];

    /// <summary>What is wrong with an update. By default the rules for new objects.</summary>
    public virtual IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context) => Validate(o, context);

    /// <summary>What is wrong with an update of a subresource.</summary>
    public virtual IEnumerable<FieldError> ValidateSubresource(string subresource, JsonObject o, JsonObject old, WriteContext context) => [];

    /// <summary>What the client should know though the write is fine.</summary>
    /// <param name="o">The object.</param>
    /// <param name="old">The object before; null for a new one.</param>
    public virtual IEnumerable<string> Warnings(JsonObject o, JsonObject? old) => [];

    /// <summary>A warning for every request, where the kind is deprecated; else null.</summary>
    public virtual string? Deprecation => null;

    /// <summary>Called after the write is durable (not for dry runs), for example to release what the object held.</summary>
    /// <param name="o">The object after; null when it was deleted.</param>
    /// <param name="old">The object before; null when it was created.</param>
    public virtual void Committed(JsonObject? o, JsonObject? old)
    {
    }

    /// <summary>Whether objects have <c>metadata.generation</c>, raised when <see cref="SpecEquals"/> fails.</summary>
    public virtual bool HasGeneration => false;

    /// <summary>The part whose change raises the generation: by default all but metadata and status.</summary>
    public virtual bool SpecEquals(JsonObject a, JsonObject b) =>
        a.All(m => m.Key is "metadata" or "status" || JsonNode.DeepEquals(m.Value, b[m.Key]))
        && b.All(m => m.Key is "metadata" or "status" || a.ContainsKey(m.Key) || m.Value is null);

    /// <summary>The rule for names.</summary>
    public virtual IReadOnlyList<string> CheckName(string name) => NameValidation.IsDns1123Subdomain(name);

    /// <summary>Whether a PUT to a name that is not there creates.</summary>
    public virtual bool AllowsCreateOnUpdate => false;

    /// <summary>Whether a PUT may leave out the resourceVersion.</summary>
    public virtual bool AllowsUnconditionalUpdate => true;

    /// <summary>Whether DELETE answers the object instead of a Status.</summary>
    public virtual bool ReturnsDeletedObject => false;

    /// <summary>The seconds that a deletion leaves the object, by what the client asked for; null when objects go at once.</summary>
    /// <param name="o">The object.</param>
    /// <param name="asked">The client's <c>gracePeriodSeconds</c>, if any.</param>
    public virtual long? GracePeriodSeconds(JsonObject o, long? asked) => null;

    /// <summary>What happens to dependents when the client does not say: <c>Background</c>, or <c>Orphan</c>.</summary>
    public virtual string DefaultPropagation(ApiVersionOfRequest version) => "Background";

    /// <summary>A warning for a deletion that leaves propagation to the default, if there is one.</summary>
    public virtual string? DeletionWarning(bool propagationGiven) => null;

    /// <summary>The fields that field selectors may name besides <c>metadata.name</c> and <c>metadata.namespace</c>.</summary>
    public virtual IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields => NoFields;

    /// <summary>Whether the error for an unknown selector field has the wording of kinds that convert field labels themselves.</summary>
    public virtual bool HasOwnFieldLabels => false;

    /// <summary>Copies the status of the present object, or its absence.</summary>
    protected static void KeepStatus(JsonObject o, JsonObject old) => Keep(o, old, "status");

    /// <summary>Copies a member of the present object, or its absence.</summary>
    protected static void Keep(JsonObject o, JsonObject old, string member)
    {
        if (old.TryGetPropertyValue(member, out var value)) o[member] = value?.DeepClone();
        else o.Remove(member);
    }

    /// <summary>Copies all members of the present object except status and metadata; labels and annotations of the metadata may change too.</summary>
    protected static void KeepAllButStatus(JsonObject o, JsonObject old)
    {
        foreach (var member in o.Select(m => m.Key).Concat(old.Select(m => m.Key)).Distinct().ToList())
        {
            if (member is not ("status" or "metadata")) Keep(o, old, member);
        }
    }

    private static readonly Dictionary<string, Func<JsonObject, string>> NoFields = [];

    private sealed class PlainStrategy : ResourceStrategy;
}

/// <summary>The group and version by which a client asks.</summary>
internal readonly record struct ApiVersionOfRequest(string Group, string Version);
