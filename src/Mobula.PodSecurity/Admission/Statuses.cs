using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Admission;

/// <summary>The errors with which Pod Security answers.</summary>
internal static class Statuses
{
    public static JsonObject Forbidden(AdmissionRequest request, string why)
    {
        var subject = request.Name.Length > 0 ? $"pods \"{request.Name}\"" : "pods";
        var details = new JsonObject();
        if (request.Name.Length > 0) details["name"] = request.Name;
        details["kind"] = "pods";
        return new StatusException(403, "Forbidden", $"{subject} is forbidden: {why}", details).Status;
    }

    public static JsonObject InternalError(string cause)
    {
        var details = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = cause }) };
        return new StatusException(500, "InternalError", $"Internal error occurred: {cause}", details).Status;
    }

    public static JsonObject BadRequest(string message) => new StatusException(400, "BadRequest", message).Status;

    public static JsonObject Invalid(string name, IReadOnlyList<InvalidField> errors)
    {
        var causes = new JsonArray([.. errors.Select(e => new JsonObject
        {
            ["reason"] = "FieldValueInvalid",
            ["message"] = e.Message,
            ["field"] = e.Field,
        })]);
        var details = new JsonObject { ["name"] = name, ["kind"] = "Namespace", ["causes"] = causes };
        return new StatusException(422, "Invalid", $"Namespace \"{name}\" is invalid: {InvalidField.Aggregate(errors.Select(e => e.ToString()))}", details).Status;
    }
}
