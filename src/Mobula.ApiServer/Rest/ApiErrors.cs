using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>Errors that only a server has reason to tell.</summary>
internal static class ApiErrors
{
    /// <summary>406 from the router, before the resource is looked at.</summary>
    public static StatusException RouterNotAcceptable(string available) =>
        new(406, "NotAcceptable", $"406: Not Acceptable\n\nAvailable representations: {available}", []);

    /// <summary>415 from the router.</summary>
    public static StatusException RouterUnsupportedMediaType(string available) =>
        new(415, "UnsupportedMediaType", $"415: Unsupported Media Type\n\nAvailable representations: {available}", []);

    /// <summary>415 from the router for a patch.</summary>
    public static StatusException RouterUnsupportedPatch()
    {
        var error = new StatusException(415, "UnsupportedMediaType", "415: Unsupported Media Type");
        error.Status["details"] = new JsonObject();
        return error;
    }

    /// <summary>405 in the words of what serves custom resources.</summary>
    public static StatusException NotSupported(GroupVersionResource resource, string verb)
    {
        var error = new StatusException(405, "MethodNotAllowed", $"{verb} is not supported on resources of kind {GoText.Quote(resource.QualifiedName)}");
        var details = new JsonObject();
        if (resource.Group.Length > 0) details["group"] = resource.Group;
        details["kind"] = resource.Resource;
        error.Status["details"] = details;
        return error;
    }

    /// <summary>413.</summary>
    /// <param name="limit">In bytes.</param>
    public static StatusException BodyTooLarge(int limit) =>
        new(413, "RequestEntityTooLarge", $"Request entity too large: limit is {limit}", []);

    /// <summary>504 for a resourceVersion that is not reached yet.</summary>
    public static StatusException FutureVersion(long wanted, long current) => StatusException.Timeout(
        $"Too large resource version: {wanted}, current: {current}", 1,
        new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" });

    /// <summary>409 for a name whose object is there; one that is going says so.</summary>
    public static StatusException AlreadyExists(GroupVersionResource resource, string name, bool terminating)
    {
        var error = StatusException.AlreadyExists(resource, name);
        if (terminating) error.Status["message"] = $"object is being deleted: {error.Message}";
        return terminating ? new(error.Status) : error;
    }
}
