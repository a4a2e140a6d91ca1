namespace Mobula.Node.Images;

/// <summary>Names of images.</summary>
internal static class ImageReference
{
    /// <summary>
    /// The full name that a short one stands for: <c>busybox</c> is <c>docker.io/library/busybox:latest</c>. A first component
    /// with a dot or a colon, or <c>localhost</c>, is a registry.
    /// </summary>
    public static string Normalize(string reference)
    {
        var slash = reference.IndexOf('/');
        var first = slash < 0 ? "" : reference[..slash];
        var hasRegistry = first == "localhost" || first.Contains('.') || first.Contains(':');
        var name = hasRegistry ? reference : slash < 0 ? $"docker.io/library/{reference}" : $"docker.io/{reference}";
        return name.Contains('@') || name.IndexOf(':', name.LastIndexOf('/') + 1) >= 0 ? name : name + ":latest";
    }
}
