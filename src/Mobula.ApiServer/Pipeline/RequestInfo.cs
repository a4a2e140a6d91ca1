using Microsoft.AspNetCore.Http;

namespace Mobula.ApiServer.Pipeline;

/// <summary>What a request asks for, read from its method, path and query alone.</summary>
internal sealed record RequestInfo
{
    /// <summary><c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c> …; for other paths the method in lower case.</summary>
    public required string Verb { get; init; }

    public required string Path { get; init; }

    public bool IsResource { get; init; }

    /// <summary><c>api</c> or <c>apis</c>.</summary>
    public string Prefix { get; init; } = "";

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>The field selector, as sent.</summary>
    public string FieldSelector { get; init; } = "";

    /// <summary>The path's parts from the resource on.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>Whether the path begins with the old <c>/watch/</c>.</summary>
    public bool IsWatchPath { get; init; }

    /// <summary>Whether the name came from a field selector, so that the request is still for a collection.</summary>
    public bool NameFromSelector { get; init; }

    /// <summary>Whether the request may run until one side ends it, so that audit sees its start too.</summary>
    public bool IsLongRunning => IsResource
        ? Verb is "watch" or "proxy" || Subresource is "attach" or "exec" or "proxy" or "log" or "portforward"
        : Path.StartsWith("/debug/pprof/", StringComparison.Ordinal);

    /// <summary>Resource and group as errors write it.</summary>
    public string QualifiedResource => Group.Length == 0 ? Resource : $"{Resource}.{Group}";

    public string ResourceWithSubresource => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";

    public static RequestInfo Read(string method, string path, IQueryCollection query)
    {
        var other = new RequestInfo { Verb = method.ToLowerInvariant(), Path = path };
        var trimmed = path.Trim('/');
        var parts = trimmed.Length == 0 ? [] : trimmed.Split('/');
        if (parts.Length < 3 || parts[0] is not ("api" or "apis")) return other;
        var at = 1;
        var group = "";
        if (parts[0] == "apis")
        {
            if (parts.Length < 4) return other;
            group = parts[at++];
        }
        var version = parts[at++];
        var rest = parts[at..];
        var verb = method switch
        {
            "POST" => "create",
            "GET" or "HEAD" => "get",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => "",
        };
        var watchPath = false;
        if (rest[0] is "watch" or "proxy")
        {
            if (rest.Length < 2) return other;
            verb = rest[0];
            watchPath = verb == "watch";
            rest = rest[1..];
        }
        var ns = "";
        if (rest[0] == "namespaces")
        {
            if (rest.Length > 1)
            {
                ns = rest[1];
                if (rest.Length > 2 && rest[2] is not ("status" or "finalize")) rest = rest[2..];
            }
        }
        var resource = rest[0];
        var name = rest.Length > 1 ? rest[1] : "";
        var fromSelector = false;
        if (name.Length == 0 && verb is "get" or "watch" && name.Length == 0)
        {
            verb = verb == "watch" || IsTrue(query, "watch") ? "watch" : "list";
            if (NameSelected(query["fieldSelector"]) is { } selected)
            {
                name = selected;
                fromSelector = true;
            }
        }
        if (name.Length == 0 && verb == "delete") verb = "deletecollection";
        return new()
        {
            Verb = verb,
            Path = path,
            IsResource = true,
            Prefix = parts[0],
            Group = group,
            Version = version,
            Namespace = ns,
            Resource = resource,
            Subresource = rest.Length > 2 && !watchPath ? rest[2] : "",
            Name = name,
            FieldSelector = query["fieldSelector"].ToString(),
            Parts = rest,
            IsWatchPath = watchPath,
            NameFromSelector = fromSelector,
        };
    }

    /// <summary>Whether a boolean parameter is on: any text but <c>false</c> and <c>0</c> counts.</summary>
    public static bool IsTrue(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && values.Count > 0 && values[0]?.ToLowerInvariant() is not ("false" or "0");

    private static string? NameSelected(string? fieldSelector)
    {
        const string Field = "metadata.name=";
        if (fieldSelector is null) return null;
        foreach (var term in fieldSelector.Split(','))
        {
            var value = term.StartsWith(Field, StringComparison.Ordinal) ? term[Field.Length..].TrimStart('=') : "";
            if (value.Length > 0) return value;
        }
        return null;
    }
}
