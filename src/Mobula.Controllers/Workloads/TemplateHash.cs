using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.Controllers.Workloads;

/// <summary>
/// The values of the labels <c>pod-template-hash</c> and <c>controller-revision-hash</c>: FNV hashes, spelled with
/// letters that make no words.
/// </summary>
internal static class TemplateHash
{
    // No vowels and no look-alikes, so that no word comes out.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The hash of a pod template with its defaults; another one after a collision.</summary>
    public static string Compute(JsonObject template, long? collisionCount)
    {
        var hash = AddXorFirst(Encoding.UTF8.GetBytes(GoDump.Of(template, "v1.PodTemplateSpec")));
        if (collisionCount is { } count)
        {
            Span<byte> salt = stackalloc byte[8];
            salt.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(salt, (uint)count);
            hash = AddXorFirst(salt, hash);
        }
        return Encode(hash);
    }

    /// <summary>The hash of a revision's data; another one after a collision.</summary>
    public static string OfRevision(ReadOnlySpan<byte> data, long? collisionCount)
    {
        var hash = AddMultiplyFirst(data, Start);
        if (collisionCount is { } count) hash = AddMultiplyFirst(Encoding.UTF8.GetBytes(count.ToString(CultureInfo.InvariantCulture)), hash);
        return Encode(hash);
    }

    public static string Encode(uint hash) =>
        string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => Alphabet[digit % Alphabet.Length]));

    private const uint Start = 2166136261;
    private const uint Prime = 16777619;

    /// <summary>FNV-1a.</summary>
    private static uint AddXorFirst(ReadOnlySpan<byte> bytes, uint hash = Start)
    {
        foreach (var b in bytes) hash = unchecked((hash ^ b) * Prime);
        return hash;
    }

    /// <summary>FNV-1.</summary>
    private static uint AddMultiplyFirst(ReadOnlySpan<byte> bytes, uint hash)
    {
        foreach (var b in bytes) hash = unchecked(hash * Prime) ^ b;
        return hash;
    }
}
