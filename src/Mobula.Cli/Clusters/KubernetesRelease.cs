using System.Globalization;
using System.Text.RegularExpressions;

namespace Mobula.Cli.Clusters;

/// <summary>A Kubernetes version that a cluster presents.</summary>
/// <param name="Minor">The minor version of Kubernetes 1.</param>
/// <param name="Patch">The patch version.</param>
internal sealed partial record KubernetesRelease(int Minor, int Patch)
{
    /// <summary>The oldest minor version that has Pod Security admission on by default.</summary>
    public const int OldestMinor = 23;

    /// <summary>The newest, whose behaviour the cluster has.</summary>
    public static readonly KubernetesRelease Newest = new(37, 2);

    /// <summary>Reads <c>v1.24.0</c>, <c>1.24</c> or the tag of an image such as <c>kindest/node:v1.24.0@sha256:…</c>.</summary>
    /// <exception cref="UsageException">The text names no such version.</exception>
    public static KubernetesRelease Parse(string text)
    {
        var match = Pattern().Match(Tag(text));
        if (!match.Success) throw new UsageException($"\"{text}\" names no Kubernetes version: write for example v{Newest.ToString()[1..]} or kindest/node:v1.24.0");
        var minor = int.Parse(match.Groups["minor"].Value, CultureInfo.InvariantCulture);
        if (minor < OldestMinor || minor > Newest.Minor)
        {
            throw new UsageException($"Kubernetes 1.{minor} is not supported: a cluster can present 1.{OldestMinor} to 1.{Newest.Minor}");
        }
        var patch = match.Groups["patch"] is { Success: true } p ? int.Parse(p.Value, CultureInfo.InvariantCulture) : minor == Newest.Minor ? Newest.Patch : 0;
        return new(minor, patch);
    }

    /// <summary><c>v1.MINOR.PATCH</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"v1.{Minor}.{Patch}");

    private static string Tag(string text)
    {
        var name = text.Split('@')[0];
        var slash = name.LastIndexOf('/');
        var colon = name.LastIndexOf(':');
        return colon > slash ? name[(colon + 1)..] : name;
    }

    [GeneratedRegex(@"^v?1\.(?<minor>\d{1,3})(\.(?<patch>\d{1,3}))?([-+].*)?$")]
    private static partial Regex Pattern();
}
