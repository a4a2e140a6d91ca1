using System.Security.Cryptography;

namespace Mobula.ApiServer.Rest;

/// <summary>Names made from prefixes.</summary>
internal static class ObjectNames
{
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";
    private const int SuffixLength = 5;
    private const int PrefixLength = 63 - SuffixLength;

    /// <summary>The prefix, cut to 58 characters, and five random ones.</summary>
    public static string Generate(string prefix) =>
        (prefix.Length > PrefixLength ? prefix[..PrefixLength] : prefix) + RandomNumberGenerator.GetString(Letters, SuffixLength);
}
