using System.Text.Json.Nodes;

namespace Mobula.ApiServer.Authentication;

/// <summary>Who a request comes from.</summary>
/// <param name="Name">The user name.</param>
/// <param name="Uid">An ID that names the user over time, or empty.</param>
/// <param name="Groups">The groups, in the order they were found.</param>
/// <param name="Extra">Further facts for authorizers.</param>
public sealed record UserInfo(string Name, string Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra)
{
    /// <summary>Who sends no credential.</summary>
    public const string Anonymous = "system:anonymous";

    /// <summary>The group that may do everything.</summary>
    public const string Masters = "system:masters";

    /// <summary>The group of all who are known.</summary>
    public const string AuthenticatedGroup = "system:authenticated";

    /// <summary>The group of those who are not.</summary>
    public const string UnauthenticatedGroup = "system:unauthenticated";

    private static readonly Dictionary<string, IReadOnlyList<string>> NoExtra = [];

    /// <summary>A user with groups alone.</summary>
    public UserInfo(string name, params IReadOnlyList<string> groups) : this(name, "", groups, NoExtra)
    {
    }

    /// <summary>As the API shows it (<c>authentication.k8s.io/v1 UserInfo</c>).</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        if (Name.Length > 0) json["username"] = Name;
        if (Uid.Length > 0) json["uid"] = Uid;
        if (Groups.Count > 0) json["groups"] = new JsonArray([.. Groups.Select(g => JsonValue.Create(g))]);
        if (Extra.Count > 0)
        {
            json["extra"] = new JsonObject(Extra.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e =>
                KeyValuePair.Create(e.Key, (JsonNode?)new JsonArray([.. e.Value.Select(v => JsonValue.Create(v))]))));
        }
        return json;
    }

    /// <summary>The same user as a member of <c>system:authenticated</c>.</summary>
    internal UserInfo Authenticated() => Groups.Contains(AuthenticatedGroup) ? this : this with { Groups = [.. Groups, AuthenticatedGroup] };
}
