using System.Text.RegularExpressions;

namespace Mobula.Node.Pods;

/// <summary>The name of an image, as people write it, and as registries and the runtime have it.</summary>
internal static partial class ImageName
{
    /// <summary>The whole name, with registry and tag; or why there is none.</summary>
    public static (string? Name, string? Error) Normalize(string image)
    {
        if (image.Length == 0 || !Shape().IsMatch(image))
        {
            var lower = image.ToLowerInvariant();
            if (lower != image && Shape().IsMatch(lower))
            {
                // Where the first part could be a registry's host, its case does not matter and is not told.
                var path = image.Split(['@'], 2)[0];
                var slash = path.IndexOf('/', StringComparison.Ordinal);
                var repository = slash > 0 && IsHost(path[..slash]) ? path[(slash + 1)..] : path;
                var colon = repository.LastIndexOf(':');
                if (colon > repository.LastIndexOf('/')) repository = repository[..colon];
                return (null, $"invalid reference format: repository name ({repository}) must be lowercase");
            }
            return (null, "invalid reference format");
        }
        var first = image.IndexOf('/', StringComparison.Ordinal);
        var name = first > 0 && IsHost(image[..first]) ? image
            : first < 0 ? $"docker.io/library/{image}" : $"docker.io/{image}";
        var tagged = name.LastIndexOf(':') > name.LastIndexOf('/') || name.Contains('@', StringComparison.Ordinal);
        return (tagged ? name : name + ":latest", null);
    }

    /// <summary>The registry's host in a whole name.</summary>
    public static string Registry(string name) => name[..name.IndexOf('/', StringComparison.Ordinal)];

    private static bool IsHost(string part) =>
        part == "localhost" || part.Contains('.', StringComparison.Ordinal) || part.Contains(':', StringComparison.Ordinal) || part != part.ToLowerInvariant();

    [GeneratedRegex(@"^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?$")]
    private static partial Regex Shape();
}
