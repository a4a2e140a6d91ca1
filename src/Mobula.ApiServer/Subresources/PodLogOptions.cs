using Microsoft.AspNetCore.Http;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Subresources;

/// <summary>The parameters of a pod's log.</summary>
internal static class PodLogOptions
{
    private static readonly string[] Streams = ["All", "Stdout", "Stderr"];

    /// <summary>Refuses what no log can be read by.</summary>
    /// <exception cref="StatusException">400: a number that is none; 422: one out of range, or options that exclude each other.</exception>
    public static void Check(IQueryCollection query, string pod)
    {
        var (tail, limit, since) = (ListOptions.Integer(query, "tailLines"), ListOptions.Integer(query, "limitBytes"), ListOptions.Integer(query, "sinceSeconds"));
        var stream = query["stream"].ToString();
        var errors = new FieldErrors();
        if (tail < 0) errors.Invalid(FieldPath.Of("tailLines"), tail, "must be greater than or equal to 0");
        if (limit < 1) errors.Invalid(FieldPath.Of("limitBytes"), limit, "must be greater than 0");
        if (since is not null && query["sinceTime"].ToString().Length > 0) Excluded(errors, "at most one of `sinceTime` or `sinceSeconds` may be specified");
        else if (since < 1) errors.Invalid(FieldPath.Of("sinceSeconds"), since, "must be greater than 0");
        if (stream.Length > 0 && !Streams.Contains(stream)) errors.NotSupported(FieldPath.Of("stream"), stream, Streams);
        else if (stream.Length > 0 && stream != "All" && tail is not null) Excluded(errors, "`tailLines` and specific `stream` are mutually exclusive for now");
        if (errors.Count > 0) throw StatusException.Invalid(new("", "v1", "PodLogOptions"), pod, errors);
    }

    // The server's own word for no field in particular.
    private static void Excluded(FieldErrors errors, string why) => errors.Add(new(FieldErrorType.FieldValueForbidden, "[]", $"Forbidden: {why}"));
}
