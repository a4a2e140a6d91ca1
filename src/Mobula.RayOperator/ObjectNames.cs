using System.Security.Cryptography;

namespace Mobula.RayOperator;

/// <summary>The names of what the operator makes, cut as KubeRay cuts them.</summary>
internal static class ObjectNames
{
    private const string SuffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The prefix of generated pod names: the first 50 characters of the owner and a word.</summary>
    public static string PodPrefix(string owner, string nodeType) => $"{Head(owner, 50)}-{nodeType}-".ToLowerInvariant();

    /// <summary>Keeps the last 50 characters; a first character that may not start a name becomes <c>r</c>.</summary>
    public static string CheckName(string name)
    {
        if (name.Length > 50) name = name[^50..];
        if (name.Length > 0 && char.IsDigit(name[0])) name = "r" + name[1..];
        return StartWithLetter(name);
    }

    /// <summary>Keeps the last 63 characters, for a label's value.</summary>
    public static string CheckLabel(string value) => StartWithLetter(value.Length > 63 ? value[^63..] : value);

    /// <summary>A name with five random characters, as the API server completes <c>generateName</c>.</summary>
    public static string WithSuffix(string name) => $"{name}-{RandomNumberGenerator.GetString(SuffixAlphabet, 5)}";

    private static string StartWithLetter(string name) =>
        name.Length > 0 && char.IsPunctuation(name[0]) ? "r" + name[1..] : name;

    private static string Head(string text, int length) => text.Length <= length ? text : text[..length];
}
