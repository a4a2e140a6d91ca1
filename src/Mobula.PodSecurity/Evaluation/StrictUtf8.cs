using System.Text;
using System.Text.Json;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>UTF-8 to text; what is no UTF-8 is an error of the JSON it stands in.</summary>
internal static class StrictUtf8
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="JsonException">The bytes are no UTF-8.</exception>
    public static string GetString(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Encoding.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw NoText(e);
        }
    }

    public static JsonException NoText(Exception? cause) => new("a string holds bytes or escapes that are no text", cause);
}
