using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Errors;

/// <summary>Makes the errors of the API with Kubernetes' texts, codes and details.</summary>
public static class StatusErrors
{
    extension(StatusException)
    {
        /// <summary>404: <c>pods "a" not found</c>.</summary>
        public static StatusException NotFound(GroupVersionResource resource, string name) =>
            new(404, "NotFound", $"{resource.QualifiedName} {GoText.Quote(name)} not found", Details(resource, name));

        /// <summary>404 for a path that leads to no resource.</summary>
        public static StatusException NoSuchResource() =>
            new(404, "NotFound", "the server could not find the requested resource", []);

        /// <summary>409: <c>pods "a" already exists</c>.</summary>
        public static StatusException AlreadyExists(GroupVersionResource resource, string name) =>
            new(409, "AlreadyExists", $"{resource.QualifiedName} {GoText.Quote(name)} already exists", Details(resource, name));

        /// <summary>409: <c>Operation cannot be fulfilled on pods "a": REASON</c>.</summary>
        public static StatusException Conflict(GroupVersionResource resource, string name, string why) => new(
            409, "Conflict", $"Operation cannot be fulfilled on {resource.QualifiedName} {GoText.Quote(name)}: {why}", Details(resource, name));

        /// <summary>409 for an object that has been changed since it was read.</summary>
        public static StatusException Modified(GroupVersionResource resource, string name) => Conflict(
            resource, name, "the object has been modified; please apply your changes to the latest version and try again");

        /// <summary>422 with the errors of fields: <c>Pod "a" is invalid: spec.x: Required value</c>.</summary>
        /// <param name="kind">The kind; its group qualifies the name.</param>
        /// <param name="name">The object's name; may be empty.</param>
        /// <param name="errors">At least one.</param>
        public static StatusException Invalid(GroupVersionKind kind, string name, IReadOnlyList<FieldError> errors)
        {
            var qualified = kind.Group.Length == 0 ? kind.Kind : $"{kind.Kind}.{kind.Group}";
            var details = new JsonObject();
            if (name.Length > 0) details["name"] = name;
            if (kind.Group.Length > 0) details["group"] = kind.Group;
            if (kind.Kind.Length > 0) details["kind"] = kind.Kind;
            if (errors.Count > 0) details["causes"] = new JsonArray([.. errors.Select(e => (JsonNode)e.ToCause())]);
            return new(422, "Invalid", $"{qualified} {GoText.Quote(name)} is invalid: {Join(errors)}", details);
        }

        /// <summary>400.</summary>
        public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

        /// <summary>401.</summary>
        public static StatusException Unauthorized(string message = "Unauthorized") => new(401, "Unauthorized", message);

        /// <summary>403: <c>pods "a" is forbidden: WHY</c>.</summary>
        /// <param name="resource">The resource.</param>
        /// <param name="name">The object's name; null or empty when none is meant.</param>
        /// <param name="why">The reason.</param>
        /// <param name="causes">Further causes; null for none.</param>
        public static StatusException Forbidden(GroupVersionResource resource, string? name, string why, JsonArray? causes = null)
        {
            var subject = string.IsNullOrEmpty(name) ? resource.QualifiedName : $"{resource.QualifiedName} {GoText.Quote(name)}";
            var details = Details(resource, name);
            if (causes is { Count: > 0 }) details["causes"] = causes;
            return new(403, "Forbidden", resource.Resource.Length == 0 ? $"forbidden: {why}" : $"{subject} is forbidden: {why}", details);
        }

        /// <summary>405: <c>delete is not supported on resources of kind "stats.example.com"</c>.</summary>
        public static StatusException MethodNotSupported(GroupVersionResource resource, string verb) => new(
            405, "MethodNotAllowed", $"{verb} is not supported on resources of kind {GoText.Quote(resource.QualifiedName)}", Details(resource, null));

        /// <summary>405 for a method that the path does not have.</summary>
        public static StatusException MethodNotAllowed() =>
            new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

        /// <summary>406 from the codec, naming what can be had.</summary>
        public static StatusException NotAcceptable(IEnumerable<string> mediaTypes) => new(
            406, "NotAcceptable", $"only the following media types are accepted: {string.Join(", ", mediaTypes)}");

        /// <summary>415, naming what is taken.</summary>
        public static StatusException UnsupportedMediaType(IEnumerable<string> mediaTypes) => new(
            415, "UnsupportedMediaType",
            $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", mediaTypes)}");

        /// <summary>410: <c>Expired</c>.</summary>
        public static StatusException Expired(string message) => new(410, "Expired", message);

        /// <summary>422 with one fixed text: what the server says of a JSON patch that cannot be applied.</summary>
        public static StatusException Rejected() =>
            new(422, "Invalid", "the server rejected our request due to an error in our request", []);

        /// <summary>429: too many requests.</summary>
        /// <param name="message">The text.</param>
        /// <param name="retryAfterSeconds">When to try again; 0 when it is not told.</param>
        public static StatusException TooManyRequests(string message, int retryAfterSeconds = 0) => new(
            429, "TooManyRequests", message, retryAfterSeconds > 0 ? new() { ["retryAfterSeconds"] = retryAfterSeconds } : []);

        /// <summary>500: <c>Internal error occurred: WHY</c>.</summary>
        public static StatusException InternalError(string why) => new(
            500, "InternalError", $"Internal error occurred: {why}",
            new() { ["causes"] = new JsonArray(new JsonObject { ["message"] = why }) });

        /// <summary>500 with the bare text of an error that has no status of its own.</summary>
        public static StatusException Unclassified(string message) => new(500, null, message);

        /// <summary>503.</summary>
        public static StatusException ServiceUnavailable(string message) => new(503, "ServiceUnavailable", message);

        /// <summary>504: <c>Timeout: WHY</c>.</summary>
        /// <param name="why">The text.</param>
        /// <param name="retryAfterSeconds">When to try again; 0 when it is not told.</param>
        /// <param name="cause">A cause, if any.</param>
        public static StatusException Timeout(string why, int retryAfterSeconds = 0, JsonObject? cause = null)
        {
            var details = new JsonObject();
            if (cause is not null) details["causes"] = new JsonArray(cause);
            if (retryAfterSeconds > 0) details["retryAfterSeconds"] = retryAfterSeconds;
            return new(504, "Timeout", $"Timeout: {why}", details);
        }
    }

    /// <summary>The texts of field errors as one: a single one plain, several in brackets, each once.</summary>
    public static string Join(IReadOnlyList<FieldError> errors)
    {
        var texts = errors.Select(e => e.ToString()).Distinct().ToList();
        return texts.Count == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
    }

    private static JsonObject Details(GroupVersionResource resource, string? name)
    {
        var details = new JsonObject();
        if (!string.IsNullOrEmpty(name)) details["name"] = name;
        if (resource.Group.Length > 0) details["group"] = resource.Group;
        if (resource.Resource.Length > 0) details["kind"] = resource.Resource;
        return details;
    }
}
