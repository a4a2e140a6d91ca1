using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Selectors;

namespace Mobula.ApiServer.Rest;

/// <summary>The parameters of list and watch, checked.</summary>
internal sealed record ListOptions
{
    public required LabelSelector Labels { get; init; }

    public required FieldSelector Fields { get; init; }

    public string ResourceVersion { get; init; } = "";

    public string ResourceVersionMatch { get; init; } = "";

    public long Limit { get; init; }

    public string Continue { get; init; } = "";

    public long? TimeoutSeconds { get; init; }

    public bool AllowBookmarks { get; init; }

    public bool? SendInitialEvents { get; init; }

    public static ListOptions Read(IQueryCollection query, bool watch)
    {
        var options = new ListOptions
        {
            Labels = LabelSelector.Parse(query["labelSelector"]),
            Fields = FieldSelector.Parse(query["fieldSelector"]),
            ResourceVersion = query["resourceVersion"].ToString(),
            ResourceVersionMatch = query["resourceVersionMatch"].ToString(),
            Limit = Integer(query, "limit") ?? 0,
            Continue = query["continue"].ToString(),
            TimeoutSeconds = Integer(query, "timeoutSeconds"),
            AllowBookmarks = Pipeline.RequestInfo.IsTrue(query, "allowWatchBookmarks"),
            SendInitialEvents = query.ContainsKey("sendInitialEvents") ? Pipeline.RequestInfo.IsTrue(query, "sendInitialEvents") : null,
        };
        var errors = options.Check(watch).ToList();
        if (errors.Count > 0) throw StatusException.Invalid(new("meta.k8s.io", "v1", "ListOptions"), "", errors);
        return options;
    }

    /// <summary>An integer parameter.</summary>
    /// <exception cref="StatusException">400 in the words of Go's parser.</exception>
    public static long? Integer(IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        if (text.Length == 0) return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw StatusException.BadRequest($"strconv.ParseInt: parsing {GoText.Quote(text)}: invalid syntax");
    }

    /// <summary>A resourceVersion as a number; 0 for none.</summary>
    /// <exception cref="StatusException">The text is no number: 400 for lists, 500 otherwise.</exception>
    public static long Version(string text, bool list)
    {
        if (text.Length == 0) return 0;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)) return version;
        var error = $"resourceVersion: Invalid value: {GoText.Quote(text)}: strconv.ParseUint: parsing {GoText.Quote(text)}: invalid syntax";
        throw list ? StatusException.BadRequest($"invalid resource version: {error}") : StatusException.Unclassified(error);
    }

    /// <summary>The place where a list goes on.</summary>
    public static (long Revision, string Start) ReadContinue(string token)
    {
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(token);
        }
        catch (FormatException)
        {
            throw StatusException.BadRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0");
        }
        try
        {
            var json = KubernetesJson.ParseObject(bytes);
            return (json.Integer("rv") ?? 0, json.Text("start") ?? "");
        }
        catch (JsonException)
        {
            var first = bytes.Length == 0 ? "unexpected end of JSON input" : $"invalid character '{(char)bytes[0]}' looking for beginning of value";
            throw StatusException.BadRequest($"invalid continue token: continue key is not valid: {first}");
        }
    }

    public static string WriteContinue(long revision, string start) => Base64Url.EncodeToString(
        KubernetesJson.Serialize(new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = revision, ["start"] = start }));

    private IEnumerable<FieldError> Check(bool watch)
    {
        var match = FieldPath.Of("resourceVersionMatch");
        if (watch)
        {
            if (SendInitialEvents is not null)
            {
                if (ResourceVersionMatch != "NotOlderThan") yield return FieldError.Forbidden(match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
            }
            else if (ResourceVersionMatch.Length > 0)
            {
                yield return FieldError.Forbidden(match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            }
            if (ResourceVersionMatch is not ("" or "NotOlderThan")) yield return FieldError.NotSupported(match, ResourceVersionMatch, ["NotOlderThan"]);
            if (Continue.Length > 0) yield return FieldError.Forbidden(FieldPath.Of("continue"), "continue is forbidden for watch");
            yield break;
        }
        if (SendInitialEvents is not null) yield return FieldError.Forbidden(FieldPath.Of("sendInitialEvents"), "sendInitialEvents is forbidden for list");
        if (ResourceVersionMatch.Length == 0) yield break;
        if (ResourceVersion.Length == 0) yield return FieldError.Forbidden(match, "resourceVersionMatch is forbidden unless resourceVersion is provided");
        if (Continue.Length > 0) yield return FieldError.Forbidden(match, "resourceVersionMatch is forbidden when continue is provided");
        if (ResourceVersionMatch is not ("Exact" or "NotOlderThan")) yield return FieldError.NotSupported(match, ResourceVersionMatch, ["Exact", "NotOlderThan", ""]);
        if (ResourceVersionMatch == "Exact" && ResourceVersion == "0") yield return FieldError.Forbidden(match, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
}
