using System.Text.Json.Nodes;

namespace Mobula.ApiServer.Rest;

/// <summary>A change of an object that is there.</summary>
internal sealed class ObjectChange(ResourceDefinition definition, string subresource, WriteOptions options)
{
    public ResourceDefinition Definition { get; } = definition;

    public string Subresource { get; } = subresource;

    public WriteOptions Options { get; } = options;

    /// <summary>The object's name, where the path has another; null for the name in the path.</summary>
    public string? Name { get; init; }

    /// <summary>Makes the new object of the present one, both in the version of the request; the present one is null where the change may create.</summary>
    public required Func<JsonObject?, JsonObject> Make { get; init; }

    /// <summary>Enters the change in managedFields (new object, present object); null for the usual way.</summary>
    public Action<JsonObject, JsonObject?>? Track { get; init; }

    /// <summary>Whether an object that is not there is created.</summary>
    public bool AllowsCreate { get; init; }

    /// <summary>Whether it is a PUT, which names the version it replaces.</summary>
    public bool IsUpdate { get; init; }

    /// <summary>Whether the client named a version: then nothing is tried again.</summary>
    public bool IsConditional { get; set; }
}
