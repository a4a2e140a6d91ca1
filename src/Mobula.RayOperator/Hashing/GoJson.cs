using System.Globalization;
using System.Text;

namespace Mobula.RayOperator.Hashing;

/// <summary>Writes JSON text as Go's encoder does, which escapes more than JSON asks for.</summary>
internal static class GoJson
{
    public static void WriteString(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': output.Append("\\\""); break;
                case '\\': output.Append("\\\\"); break;
                case '\n': output.Append("\\n"); break;
                case '\r': output.Append("\\r"); break;
                case '\t': output.Append("\\t"); break;
                case '\b': output.Append("\\b"); break;
                case '\f': output.Append("\\f"); break;
                case < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029':
                    output.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default: output.Append(c); break;
            }
        }
        output.Append('"');
    }

    /// <summary>A floating-point number in the shortest form that reads back as itself.</summary>
    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
